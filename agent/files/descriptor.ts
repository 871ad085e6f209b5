import { type BigIntStats, close, constants, fstat, lstat, open, read, readlink } from 'node:fs';
import { promisify } from 'node:util';
import { errnoError } from '../../src/protocol/errno.ts';

const openFile = promisify(open);
const statFile = promisify(fstat);
const statName = promisify(lstat);
const readLink = promisify(readlink);
const readFile = promisify(read);
const closeFile = promisify(close);

/** fcntl(2): the descriptor only names the file, for any kind of file and without the right to read it. */
const O_PATH = 0o10000000;
/** A FIFO must not make open() wait, nor a terminal become ours. */
const READING = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * A file that is held open, so that renaming and replacing what led to it changes nothing: `/proc/self/fd/N` names exactly it, and
 * `/proc/self/fd/N/name` a name in exactly this directory. This is openat(2) with what Node has.
 */
export class Descriptor {
  readonly stats: BigIntStats;
  readonly #fd: number;

  private constructor(fd: number, stats: BigIntStats) {
    this.#fd = fd;
    this.stats = stats;
  }

  /** Opens a path of our own, following links. */
  static open(path: string): Promise<Descriptor> {
    return Descriptor.#open(path, O_PATH);
  }

  /** Opens a name in this directory without following it, whatever it is. The name holds no slash. */
  child(name: string): Promise<Descriptor> {
    return Descriptor.#open(
      Buffer.from(this.#childPath(name), 'latin1'),
      O_PATH | constants.O_NOFOLLOW,
    );
  }

  /** What a name in this directory is, without following it. */
  async childStats(name: string): Promise<BigIntStats> {
    return await statName(Buffer.from(this.#childPath(name), 'latin1'), { bigint: true });
  }

  /** The target of a link in this directory, as a latin1 string of its bytes. */
  async readLink(name: string): Promise<string> {
    return await readLink(Buffer.from(this.#childPath(name), 'latin1'), 'latin1');
  }

  /** Where the file can be found for as long as this descriptor is open. */
  get path(): string {
    return `/proc/self/fd/${this.#fd}`;
  }

  /** Up to `length` bytes at `offset`, fewer only at the end; only regular files are read. */
  async read(offset: number, length: number): Promise<{ bytes: Buffer; stats: BigIntStats }> {
    if (this.stats.isDirectory()) throw errnoError('EISDIR', 'read: a directory');
    if (!this.stats.isFile()) throw errnoError('EINVAL', 'read: not a regular file');
    const fd = await openFile(this.path, READING);
    try {
      const bytes = await readFully(fd, offset, length);
      return { bytes, stats: await statFile(fd, { bigint: true }) };
    } finally {
      await closeFile(fd);
    }
  }

  async close(): Promise<void> {
    await closeFile(this.#fd);
  }

  #childPath(name: string): string {
    return `${this.path}/${name}`;
  }

  static async #open(path: string | Buffer, flags: number): Promise<Descriptor> {
    const fd = await openFile(path, flags);
    try {
      return new Descriptor(fd, await statFile(fd, { bigint: true }));
    } catch (error) {
      await closeFile(fd);
      throw error;
    }
  }
}

async function readFully(fd: number, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await readFile(fd, buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
