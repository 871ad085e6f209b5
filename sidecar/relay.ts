import type net from 'node:net';
import { SOL_SOCKET, setOption } from '../src/kernel/libc.ts';
import type { MuxStream } from '../src/tunnel/stream.ts';

const SO_LINGER = 13;
/** struct linger { int on; int seconds }: close() answers with a reset, and drops what was not sent. */
const RESET_ON_CLOSE = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
const FINISH_ON_CLOSE = Buffer.alloc(8);

/**
 * Carries bytes between a socket of the service and a stream, both ways, at the pace of the slower side. Needs a socket
 * with `allowHalfOpen`. `ended` is called once.
 *
 * Ways to end: both directions were ended, each by its sender's FIN; the socket fails or is reset → the stream is reset
 * with its errno; the stream is reset (by the peer, or with the link) → the socket is reset; the sidecar dies → the
 * kernel resets the socket, because the service must not take a cut answer for a whole one.
 */
export function relay(socket: net.Socket, stream: MuxStream, ended: () => void): void {
  resetOnDeath(socket);
  pass(stream, socket);
  socket.on('data', (chunk: Buffer) => {
    if (!stream.write(chunk)) socket.pause();
  });
  stream.on('drain', () => socket.resume());
  socket.on('end', () => stream.end());
  whenClosed(socket, stream, ended);
}

/**
 * Gives a mirrored connection's bytes to the service and throws its answers away: the target has answered already. Ends as
 * `relay` does; a service that closes is found by the next bytes for it.
 */
export function feed(socket: net.Socket, stream: MuxStream, ended: () => void): void {
  resetOnDeath(socket);
  pass(stream, socket);
  stream.end();
  whenClosed(socket, stream, ended);
}

function pass(stream: MuxStream, socket: net.Socket): void {
  stream.on('data', (chunk: Buffer) => {
    if (!socket.write(chunk)) stream.pause();
  });
  socket.on('drain', () => stream.resume());
  stream.on('end', () => {
    finishOnClose(socket);
    socket.end();
  });
  stream.on('error', () => socket.resetAndDestroy());
}

function whenClosed(socket: net.Socket, stream: MuxStream, ended: () => void): void {
  let code = 'ECONNRESET';
  socket.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code ?? code;
  });
  socket.on('close', () => {
    if (!stream.destroyed) closeStream(stream, code);
    ended();
  });
  socket.resume();
}

/** A socket that closed with both directions ended leaves nothing to reset, though the FIN may still wait for credit. */
function closeStream(stream: MuxStream, code: string): void {
  if (!(stream.readableEnded && stream.writableEnded)) stream.reset(code);
}

function resetOnDeath(socket: net.Socket): void {
  setLinger(socket, RESET_ON_CLOSE);
}

/** The whole answer is handed over: what the socket still holds is the kernel's to deliver, whatever becomes of us. */
function finishOnClose(socket: net.Socket): void {
  setLinger(socket, FINISH_ON_CLOSE);
}

/** Node keeps a socket's descriptor in its handle, under a name that has not changed since 0.12. */
function setLinger(socket: net.Socket, value: Buffer): void {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = handle instanceof Object ? Reflect.get(handle, 'fd') : undefined;
  if (typeof fd === 'number' && fd >= 0) {
    setOption({ fd, level: SOL_SOCKET, option: SO_LINGER, value });
  }
}
