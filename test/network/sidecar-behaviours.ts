import { createHash, randomBytes } from 'node:crypto';
import type net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint } from '../../src/protocol/messages.ts';
import { abort } from '../../src/relay/join.ts';

export interface Greeting {
  readonly where: string;
  readonly local: Endpoint;
  readonly peer: Endpoint;
}

interface Scene {
  /** What `greet` says. */
  readonly where: string;
  readonly note: (text: string) => void;
}

type Behaviour = (socket: net.Socket, scene: Scene) => void;

/** How a server of the tests treats a connection. */
export const behaviours = {
  /** Says where it is and whom it sees, then echoes. */
  greet(socket, { where }) {
    const greeting: Greeting = {
      where,
      local: { address: socket.localAddress ?? '', port: socket.localPort ?? 0 },
      peer: { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 },
    };
    socket.write(`${JSON.stringify(greeting)}\n`);
    socket.pipe(socket);
  },
  /** Resets at once. */
  hasty: (socket) => abort(socket, 'ECONNRESET'),
  /** Resets at the first byte. */
  reset: (socket) => void socket.once('data', () => abort(socket, 'ECONNRESET')),
  /** Resets at the first byte, with an answer under way. */
  cut(socket) {
    socket.write(randomBytes(300_000));
    socket.once('data', () => abort(socket, 'ECONNRESET'));
  },
  /** Reads up to the end, then answers with length and digest. */
  digest: (socket) => void digest(socket, 0),
  /** The same, at 1.6 MB/s. */
  slow: (socket) => void digest(socket, 10),
  /** The same, after four seconds in which it reads nothing. */
  late: (socket) => void delay(4_000).then(() => digest(socket, 0)),
  /** Says "bye" and ends, then reads on. */
  bye(socket, { note }) {
    socket.end('bye');
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
    socket.on('end', () => note(`read ${bytes}`));
  },
} satisfies Record<string, Behaviour>;

/** Pauses after every 16 KiB where told so. */
async function digest(socket: net.Socket, pauseMs: number): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  let since = 0;
  try {
    for await (const chunk of socket.iterator({
      destroyOnReturn: false,
    }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
      since += chunk.length;
      if (pauseMs > 0 && since >= 16 * 1024) {
        since = 0;
        await delay(pauseMs);
      }
    }
    socket.end(`${bytes} ${hash.digest('hex')}`);
  } catch {
    socket.destroy(); // recorded by the server
  }
}
