import type net from 'node:net';
import { errnoName } from './kernel-error.ts';
import { getOption, SOL_SOCKET } from './libc.ts';

const SO_ERROR = 4;

/**
 * The errno name of a failure that the kernel knows of and nobody has been told yet; asking takes it away.
 *
 * For a socket's 'end': libuv takes a hang-up that it sees together with the last bytes for an end of file (uv__stream_io, "short-circuit
 * iff POLLHUP is polled"), although it may be a reset. The kernel still holds that ECONNRESET. A proper end leaves nothing.
 */
export function pendingError(socket: net.Socket): string | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = handle instanceof Object ? Reflect.get(handle, 'fd') : undefined;
  if (typeof fd !== 'number' || fd < 0) return undefined;
  const errno = getOption({ fd, level: SOL_SOCKET, option: SO_ERROR, capacity: 4 }).readInt32LE(0);
  return errno === 0 ? undefined : errnoName(errno);
}
