import type { StolenConnection } from './stolen-connection.ts';

/** How long a client may say too little before it is taken for one that waits for the other side's first word. */
const SILENCE_MS = 300;

export interface PeekOptions<T> {
  /** Asked with every new byte; undefined where more are needed. */
  readonly judge: (head: Buffer) => T | undefined;
  /** Asked where the client has ended, or time is up. */
  readonly judgeAtLast: (head: Buffer) => T;
}

/** Looks at the first bytes of a connection until they are judged, and keeps them as its `head`. Leaves the socket paused. */
export function peek<T>(connection: StolenConnection, options: PeekOptions<T>): Promise<T> {
  const { socket } = connection;
  return new Promise((resolve) => {
    const decide = (judgement: T) => {
      clearTimeout(timer);
      socket.pause();
      socket.off('data', read).off('end', stop).off('close', stop);
      resolve(judgement);
    };
    const look = () => {
      const judgement = options.judge(connection.head);
      if (judgement !== undefined) decide(judgement);
    };
    const read = (chunk: Buffer) => {
      connection.head = Buffer.concat([connection.head, chunk]);
      look();
    };
    const stop = () => decide(options.judgeAtLast(connection.head));
    const timer = setTimeout(stop, SILENCE_MS);
    if (socket.readableEnded || socket.destroyed) {
      stop();
      return;
    }
    socket.on('data', read).on('end', stop).on('close', stop);
    socket.resume();
    if (connection.head.length > 0) look();
  });
}
