import type net from 'node:net';
import { connectFrom, originalDestination } from '../../src/kernel/sockets.ts';
import { errnoError, errnoOf } from '../../src/protocol/errno.ts';
import type { Endpoint } from '../../src/protocol/messages.ts';
import { abort, type End, join } from '../../src/relay/join.ts';
import type { Mux } from '../../src/tunnel/mux.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';

/** A service that listens takes a connection at once; what takes longer is a link that does not know yet that it is dead. */
const ACCEPT_MS = 3000;

/** A client's connection that a rule brought to the agent instead of the target. */
export interface StolenConnection {
  readonly socket: net.Socket;
  readonly from: Endpoint;
  /** Where the client connected to. */
  readonly to: Endpoint;
  /** What was read of it already. */
  head: Buffer;
  /** With which it leaves where it is passed on: says which agents may still take it. */
  passMark: number;
}

/** Undefined where the client is gone, or where no rule brought it: it came to the listener itself. */
export function readStolenConnection(
  socket: net.Socket,
  passMark: number,
): StolenConnection | undefined {
  const { remoteAddress, remotePort, localPort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  try {
    const to = originalDestination(socket);
    if (to.port === localPort) return undefined;
    const from = { address: remoteAddress, port: remotePort };
    return { socket, from, to, head: Buffer.alloc(0), passMark };
  } catch {
    return undefined; // conntrack does not know it
  }
}

/**
 * Offers a connection to the service and waits until it has taken it; nothing of the client's is read before. Rejects with an errno
 * when the service refuses, does not answer, or the signal is aborted: then the connection is untouched.
 */
export async function offerToService(
  { from, to }: StolenConnection,
  mux: Mux,
  signal: AbortSignal,
): Promise<MuxStream> {
  const stream = mux.open({ kind: 'incoming.tcp', mode: 'steal', from, to });
  stream.on('error', () => undefined); // seen by `accepted`, later by its close
  const cancel = () => stream.reset('ECANCELED');
  const timer = setTimeout(() => stream.reset('ETIMEDOUT'), ACCEPT_MS);
  signal.addEventListener('abort', cancel, { once: true });
  try {
    await stream.accepted;
    return stream;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
  }
}

/**
 * Dials the target as if the connection had never been taken from it, past our rules: a younger agent that shares the port may take it.
 * Whoever gets it sees the agent's address as its client.
 */
export function dialTarget({ to, passMark }: StolenConnection): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectFrom({ to, mark: passMark });
    socket.setNoDelay(true);
    const fail = (error: Error) => {
      socket.destroy();
      reject(errnoError(errnoOf(error), `the target: ${error.message}`, error));
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

/** Gives the connection to whoever takes it, with what was read of it before. */
export function handOver({ socket, head }: StolenConnection, other: End): void {
  if (socket.destroyed) {
    abort(other, 'ECONNRESET');
    return;
  }
  if (head.length > 0) other.write(head);
  join(socket, other, () => undefined);
}
