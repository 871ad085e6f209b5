import { chmod, mkdir, rm } from 'node:fs/promises';
import net from 'node:net';
import { dirname } from 'node:path';
import { abort, join } from '../../src/relay/join.ts';
import type { Journal } from '../../src/runtime/journal.ts';
import type { AgentLink } from '../link/agent-link.ts';
import type { Tally } from '../status/tally.ts';

/** Like the mode of a socket in /run: who may reach it decides the pod, as which the agent connects. */
const MODE = 0o666;
const CONNECTIONS_MAX = 1_024;

export interface UnixSocketOptions {
  /** Where the sidecar listens: the service sees this socket at `path`. */
  readonly target: string;
  /** The pod's socket. */
  readonly path: string;
  readonly link: Pick<AgentLink, 'mux'>;
  readonly tally: Tally['outgoing'];
  readonly journal: Pick<Journal, 'problem'>;
}

/**
 * Listens where the service has a unix socket of the pod's. Its connect() succeeds before the agent has connected; where that
 * fails the connection ends without a byte, and the errno is in the log.
 */
export async function listenUnix(options: UnixSocketOptions): Promise<net.Server> {
  const { target } = options;
  await mkdir(dirname(target), { recursive: true });
  await rm(target, { force: true }); // of an earlier sidecar
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
    carry(socket, options),
  );
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(target, resolve);
  });
  await chmod(target, MODE);
  return server;
}

function carry(socket: net.Socket, { path, link, tally, journal }: UnixSocketOptions): void {
  socket.on('error', () => undefined); // 'close' follows
  const fail = (error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    tally.failed++;
    journal.problem('outgoing', `${path}: ${code}`);
    abort(socket, code);
  };
  try {
    const stream = link.mux.open({
      kind: 'outgoing.unix',
      path: Buffer.from(path).toString('latin1'),
    });
    const giveUp = () => stream.reset('ECANCELED');
    stream.on('error', () => undefined); // seen by `accepted`, or by the relay
    socket.once('close', giveUp);
    stream.accepted.then(() => {
      socket.off('close', giveUp);
      tally.connections++;
      tally.open++;
      join(socket, stream, () => {
        tally.open--;
      });
    }, fail);
  } catch (error) {
    fail(error);
  }
}
