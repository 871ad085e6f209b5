import type { DirectoryEntry, FileAttributes } from '../../src/protocol/messages.ts';

/**
 * The target's files, as much of them as a read-only view needs. Paths are absolute in the target's container. Every
 * failure is an Error whose `code` is an errno name.
 */
export interface RemoteFiles {
  stat(path: string): Promise<{ readonly attributes: FileAttributes; readonly link?: string }>;
  list(path: string): Promise<readonly DirectoryEntry[]>;
  /** At most `length` bytes at `offset`; fewer only at the end of the file. */
  read(path: string, offset: number, length: number): Promise<Buffer>;
}
