import { writeSync, writevSync } from 'node:fs';
import { Socket } from 'node:net';
import { REQUEST_BUFFER_BYTES } from './fuse-protocol.ts';

/** The kernel's end of a mount: whole requests come out, whole replies go in. */
export interface FuseTransport {
  write(...parts: Buffer[]): void;
  /** Resolves when the mount is gone: unmounted, or the connection aborted. */
  readonly ended: Promise<void>;
}

/** Errors of write(2) that tell of one request only: ENOENT says that it was interrupted meanwhile. */
const HARMLESS = new Set(['ENOENT', 'EINTR']);

/**
 * Serves the mounted `/dev/fuse` descriptor from the event loop. libuv's pipe handle polls it and reads one request at a
 * time into one buffer; `onRequest` must be done with the buffer when it returns. Call it only after mount(2) succeeded:
 * an earlier read is EPERM and ends the session.
 */
export function openFuseTransport(
  fd: number,
  onRequest: (buffer: Buffer, length: number) => void,
): FuseTransport {
  const handle = openPipe(fd);
  const buffer = Buffer.alloc(REQUEST_BUFFER_BYTES);
  const socket = new Socket({
    handle,
    readable: true,
    writable: false,
    onread: {
      buffer,
      callback: (length: number) => {
        onRequest(buffer, length);
        return true;
      },
    },
  } as unknown as ConstructorParameters<typeof Socket>[0]);
  const ended = new Promise<void>((resolve) => {
    socket.on('error', () => resolve()); // ENODEV after unmount, ECONNABORTED after an abort
    socket.on('close', () => resolve());
  });
  socket.resume();
  return { ended, write: (...parts) => writeReply(fd, parts) };
}

function writeReply(fd: number, parts: Buffer[]): void {
  try {
    if (parts.length === 1) writeSync(fd, parts[0] as Buffer);
    else writevSync(fd, parts);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (HARMLESS.has(code) || code === 'ENODEV' || code === 'EBADF') return; // the transport ends by itself
    throw error;
  }
}

interface PipeHandle {
  open(fd: number): number;
}

/**
 * A libuv pipe around any descriptor that can be polled. Node has no public constructor for it: its class is taken from
 * a socket that starts to connect to a path where nothing can be.
 */
function openPipe(fd: number): PipeHandle {
  const probe = new Socket();
  probe.on('error', () => undefined);
  probe.connect({ path: '/dev/null/nothing' });
  const { _handle } = probe as unknown as {
    _handle: { constructor: new (kind: number) => PipeHandle };
  };
  const handle = new _handle.constructor(0);
  probe.destroy();
  const status = handle.open(fd);
  if (status !== 0) throw new Error(`cannot poll the FUSE descriptor: libuv says ${status}`);
  return handle;
}
