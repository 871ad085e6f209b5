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
  let state: 'idle' | 'hopping' | 'stopped' = 'idle';
  let failed = false;
  const run = (): void => {
    if (state === 'stopped') return;
    state = 'idle';
    onReadable();
    if (failed) watchAgain();
  };
  const wake = (status: unknown): void => {
    // libuv ends its watch on an error; koffi's types leave out that a negative status comes first.
    failed = typeof status === 'number' && status < 0;
    if (state !== 'idle') return;
    state = 'hopping';
    setImmediate(run);
  };
  const handle = koffi.node.poll(fd, READABLE, wake);
  const watchAgain = (): void => {
    failed = false;
    if (!isStopped()) handle.start(READABLE, wake);
  };
  const isStopped = (): boolean => state === 'stopped';
  return () => {
    if (state === 'stopped') return;
    state = 'stopped';
    handle.close();
  };
}

/** libuv refuses these, and koffi ends the process on its refusal. Throws EBADF for what is not open. */
function assertPollable(fd: number): void {
  const stat = fstatSync(fd);
  if (stat.isFile() || stat.isDirectory()) throw new Error(`descriptor ${fd} cannot be polled`);
}
