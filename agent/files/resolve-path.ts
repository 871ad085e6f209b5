import { statfs } from 'node:fs/promises';
import { errnoError } from '../../src/protocol/errno.ts';
import { Descriptor } from './descriptor.ts';

/** As the kernel's own (linux/limits.h, path_resolution(7)). */
const PATH_MAX = 4096;
const LINKS_MAX = 40;
/** Each level keeps a descriptor open. */
const DEPTH_MAX = 256;
/** statfs(2) */
const PROC_SUPER_MAGIC = 0x9fa0;

/** What a path of the target leads to. */
export interface ResolvedPath {
  readonly file: Descriptor;
  /** Target of the link, where the path leads to one and is not followed. */
  readonly link?: string;
  close(): Promise<void>;
}

/** Follows a link in the last place too. */
export function resolvePath(root: string, path: string): Promise<ResolvedPath> {
  return new PathWalk(root).walk(path, true);
}

/** Stops at a link in the last place. */
export function resolvePathItself(root: string, path: string): Promise<ResolvedPath> {
  return new PathWalk(root).walk(path, false);
}

/**
 * Walks a path of the target below `root` (`/proc/<pid>/root`), one name at a time, each opened in the directory that was opened
 * before it. Nothing leads out of the root: `..` ends there, links are read and walked in turn with absolute ones starting again at the
 * root, and links of /proc, behind which the kernel jumps to wherever a process is, are refused (ELOOP). Failures have errno names.
 */
class PathWalk {
  readonly #root: string;
  /** From the root down to where the walk is. */
  readonly #open: Descriptor[] = [];
  #links = 0;

  constructor(root: string) {
    this.#root = root;
  }

  async walk(path: string, followsLast: boolean): Promise<ResolvedPath> {
    try {
      if (!path.startsWith('/')) throw errnoError('EINVAL', `${path}: not absolute`);
      this.#open.push(await Descriptor.open(this.#root));
      const link = await this.#walkNames(names(path), followsLast);
      const file = this.#here;
      return {
        file,
        ...(link === undefined ? {} : { link }),
        close: () => this.#close(),
      };
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  async #walkNames(start: readonly string[], followsLast: boolean): Promise<string | undefined> {
    let rest = [...start];
    for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
      if (name === '..') {
        await this.#leave();
        continue;
      }
      const parent = this.#here;
      await this.#enter(name);
      if (!this.#here.stats.isSymbolicLink()) continue;
      if (rest.length === 0 && !followsLast) return await parent.readLink(name);
      rest = [...(await this.#turn(name)), ...rest];
    }
    return undefined;
  }

  get #here(): Descriptor {
    const last = this.#open.at(-1);
    if (last === undefined) throw new Error('a walk starts at the root');
    return last;
  }

  async #enter(name: string): Promise<void> {
    if (this.#open.length >= DEPTH_MAX) throw errnoError('ENAMETOOLONG', `${name}: too deep`);
    this.#open.push(await this.#here.child(name));
  }

  async #leave(): Promise<void> {
    if (!this.#here.stats.isDirectory()) throw errnoError('ENOTDIR', '..: not a directory');
    if (this.#open.length > 1) await this.#open.pop()?.close();
  }

  /** Steps back from a link; answers the names to walk instead. */
  async #turn(name: string): Promise<readonly string[]> {
    if (++this.#links > LINKS_MAX) throw errnoError('ELOOP', 'too many links');
    await this.#open.pop()?.close();
    const { type } = await statfs(this.#here.path);
    if (type === PROC_SUPER_MAGIC) throw errnoError('ELOOP', 'a link of /proc');
    const link = await this.#here.readLink(name);
    if (link.startsWith('/')) for (const file of this.#open.splice(1)) await file.close();
    return names(link);
  }

  async #close(): Promise<void> {
    for (const file of this.#open.splice(0)) await file.close();
  }
}

function names(path: string): readonly string[] {
  if (path.includes('\0')) throw errnoError('EINVAL', 'NUL in a path');
  if (path === '') throw errnoError('ENOENT', 'an empty path');
  if (path.length >= PATH_MAX) throw errnoError('ENAMETOOLONG', 'the path');
  return path.split('/').filter((name) => name !== '' && name !== '.');
}
