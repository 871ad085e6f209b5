import net from 'node:net';
import { pendingError } from '../kernel/pending-error.ts';
import {
  deliverOnClose,
  hasDescriptor,
  keepUrgentInline,
  resetOnClose,
} from '../kernel/sockets.ts';
import { errnoOf } from '../protocol/errno.ts';
import type { MuxStream } from '../tunnel/stream.ts';

/** A TCP connection of the target or the service (with `allowHalfOpen`), or its other half in the tunnel. */
export type End = net.Socket | MuxStream;

/**
 * Carries bytes between two ends, both ways, at the pace of the slower side, until both are closed. `ended` is called once.
 *
 * Ways to end: each direction by its sender's FIN, which travels as FIN; an end fails, is reset or is closed early → the other one is
 * reset, with the errno where it is a stream; this process dies → the kernel resets the sockets, so that nobody takes a cut stream for a
 * whole one.
 */
export function join(a: End, b: End, ended: () => void): void {
  shareFate(a, b, ended);
  pass(a, b);
  pass(b, a);
}

/**
 * Gives a mirrored connection's bytes to the service and throws its answers away: the target has answered already. Ends as `join`
 * does; a service that closes is found by the next bytes for it.
 */
export function feed(socket: net.Socket, stream: MuxStream, ended: () => void): void {
  shareFate(socket, stream, ended);
  pass(stream, socket);
  stream.end();
  socket.resume();
}

/**
 * Aborts an end now: RST, what was not sent is dropped. Node's `resetAndDestroy` first delivers what is written and sends FIN: a reader
 * that is awake in between takes a cut answer for a whole one.
 */
export function abort(end: End, code: string): void {
  if (!(end instanceof net.Socket)) {
    end.reset(code);
    return;
  }
  if (isLiveSocket(end)) resetOnClose(end);
  end.destroy();
}

/** An end may have been read to its end before it was joined. */
function pass(from: End, to: End): void {
  from.on('data', (chunk: Buffer) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  if (from.readableEnded) finish(to);
  else from.on('end', () => endLike(from, to));
  from.resume();
}

/** Ends one end as the other was. What Node calls an end may be a reset behind the last bytes. */
export function endLike(from: End, to: End): void {
  const code = isLiveSocket(from) ? pendingError(from) : undefined;
  if (code === undefined) finish(to);
  else abort(to, code);
}

/** The end of one direction: what was written is delivered, then FIN. */
export function finish(end: End): void {
  if (isLiveSocket(end)) deliverOnClose(end);
  end.end();
}

function shareFate(a: End, b: End, ended: () => void): void {
  let open = 2;
  const closed = () => {
    open--;
    if (open === 0) ended();
  };
  for (const end of [a, b]) {
    resetWithProcess(end);
    if (isLiveSocket(end)) keepUrgentInline(end);
  }
  carryFate(a, b, closed);
  carryFate(b, a, closed);
}

function carryFate(end: End, other: End, closed: () => void): void {
  let code = 'ECONNRESET';
  const onClose = () => {
    const isProper = end.readableEnded && end.writableFinished;
    const isDone = other.destroyed || (other.readableEnded && other.writableEnded);
    if (!isProper && !isDone) abort(other, code);
    closed();
  };
  end.on('error', (error) => {
    code = errnoOf(error);
  });
  if (end.closed) onClose();
  else end.on('close', onClose);
}

/** Whatever ends this process resets the connection, so that nobody takes a cut stream for a whole one. */
export function resetWithProcess(end: End): void {
  if (isLiveSocket(end)) resetOnClose(end);
}

/** A socket that is destroyed has no descriptor any more, and one that is secured over a stream of the tunnel never had. */
function isLiveSocket(end: End): end is net.Socket {
  return end instanceof net.Socket && !end.destroyed && hasDescriptor(end);
}
