import type net from 'node:net';
import { pendingError } from '../src/kernel/pending-error.ts';
import { deliverOnClose, resetOnClose } from '../src/kernel/sockets.ts';
import type { MuxStream } from '../src/tunnel/stream.ts';
import { resetSocket } from './reset-socket.ts';

/**
 * Carries bytes between a socket of the service and a stream, both ways, at the pace of the slower side. Needs a socket
 * with `allowHalfOpen`. `ended` is called once.
 *
 * Ways to end: both directions were ended, each by its sender's FIN; the socket fails or is reset → the stream is reset
 * with its errno; the stream is reset (by the peer, or with the link) → the socket is reset; the sidecar dies → the
 * kernel resets the socket, because the service must not take a cut answer for a whole one.
 */
export function relay(socket: net.Socket, stream: MuxStream, ended: () => void): void {
  pass(stream, socket);
  socket.on('data', (chunk: Buffer) => {
    if (!stream.write(chunk)) socket.pause();
  });
  stream.on('drain', () => socket.resume());
  socket.on('end', () => {
    const code = pendingError(socket);
    if (code === undefined) stream.end();
    else stream.reset(code);
  });
  whenClosed(socket, stream, ended);
}

/**
 * Gives a mirrored connection's bytes to the service and throws its answers away: the target has answered already. Ends as
 * `relay` does; a service that closes is found by the next bytes for it.
 */
export function feed(socket: net.Socket, stream: MuxStream, ended: () => void): void {
  pass(stream, socket);
  stream.end();
  whenClosed(socket, stream, ended);
}

function pass(stream: MuxStream, socket: net.Socket): void {
  if (!socket.destroyed) resetOnClose(socket);
  stream.on('data', (chunk: Buffer) => {
    if (!socket.write(chunk)) stream.pause();
  });
  socket.on('drain', () => stream.resume());
  stream.on('end', () => {
    if (!socket.destroyed) deliverOnClose(socket);
    socket.end();
  });
  stream.on('error', () => undefined); // 'close' follows
  stream.on('close', () => {
    if (!(stream.readableEnded && stream.writableFinished)) resetSocket(socket);
  });
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
