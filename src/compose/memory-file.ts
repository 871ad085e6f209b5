import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwritable } from '../errors/unwritable.ts';

export interface MemoryFile {
  readonly fd: number;
  close(): void;
}

const sharedMemory = '/dev/shm';

/**
 * A file without a name: a child that inherits the descriptor can open it again as /dev/fd/N, as often as it likes, and
 * it is gone with the last of them, whatever kills whom. On Linux it never touches a disk.
 */
export function openMemoryFile(text: string): MemoryFile {
  const isShared = existsSync(sharedMemory);
  const directory = isShared ? sharedMemory : tmpdir();
  const path = join(directory, `kdev-${randomBytes(12).toString('hex')}`);
  let fd: number | undefined;
  try {
    fd = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length; ) {
      // At a position: the child's own offset stays at the start, where /dev/fd/N shares it.
      written += writeSync(fd, bytes, written, bytes.length - written, written);
    }
    return opened(fd);
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    throw unwritable(path, isShared ? undefined : 'TMPDIR', error);
  }
}

function opened(fd: number): MemoryFile {
  let open = true;
  return {
    fd,
    close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}
