import { fstatSync } from 'node:fs';
import koffi from 'koffi';

const READABLE = { readable: true };

/**
 * Calls `onReadable` on the main loop while `fd` has something to read. The answer stops it; call that before the fd is closed. It is
 * idempotent and leaves the fd open. The watch keeps the process alive.
 *
 * koffi's callbacks run outside of Node's callback scope: no nextTick, no promise would run after them. So each wakeup hops to the check
 * phase of the same turn of the loop, where `onReadable` runs like any other. An error on the fd (POLLERR) counts as readable: the
 * reader's own call learns which, and clears it.
 */
export function pollReadable(fd: number, onReadable: () => void): () => void {
  assertPollable(fd);
  const watch = { hopping: false, failed: false, stopped: false };
  const run = (): void => {
    watch.hopping = false;
    if (!watch.stopped) onReadable();
    if (watch.failed && !watch.stopped) handle.start(READABLE, wake);
  };
  const wake = (status: unknown): void => {
    // libuv ends its watch on an error; koffi's types leave out that a negative status comes first.
    watch.failed = typeof status === 'number' && status < 0;
    if (!watch.hopping) setImmediate(run);
    watch.hopping = true;
  };
  const handle = koffi.node.poll(fd, READABLE, wake);
  return () => {
    if (!watch.stopped) handle.close();
    watch.stopped = true;
  };
}

/** libuv refuses these, and koffi ends the process on its refusal. Throws EBADF for what is not open. */
function assertPollable(fd: number): void {
  const stat = fstatSync(fd);
  if (stat.isFile() || stat.isDirectory()) throw new Error(`descriptor ${fd} cannot be polled`);
}
