import { errnoError } from '../../src/protocol/errno.ts';
import type { Api, DirectoryEntry, FileAttributes } from '../../src/protocol/messages.ts';
import { Gate } from '../../src/runtime/gate.ts';
import { attributesOf } from './attributes.ts';
import { listDirectory } from './list-directory.ts';
import { resolvePath, resolvePathItself } from './resolve-path.ts';
import { readTree, readVersion, type Tree } from './tree.ts';
import { TreeWatch } from './watch.ts';

/** One answer's bytes: as much as the largest read of FUSE, with room for the rest of the frame. */
const READ_MAX_BYTES = 2 * 1024 * 1024;
/** Calls that touch files at once, and those that wait: each keeps a descriptor a level of its path. */
const PLACES = 32;
const LINE_MAX = 1024;

/** Reads files of the target, under its root as the node sees it. Failures carry the errno name that the kernel gave. */
export class TargetFiles {
  readonly #root: string;
  readonly #gate = new Gate(PLACES, LINE_MAX);
  readonly #watch: TreeWatch;

  constructor(root: string) {
    this.#root = root;
    this.#watch = new TreeWatch(root, (path) => this.#gate.run(() => readVersion(root, path)));
  }

  stat({ path, follow }: Api['files.stat']['args']): Promise<Api['files.stat']['answer']> {
    return this.#gate.run(async () => {
      const resolve = follow ? resolvePath : resolvePathItself;
      const { file, link, close } = await resolve(this.#root, path);
      try {
        const attributes = attributesOf(file.stats);
        return link === undefined ? { attributes } : { attributes, link };
      } finally {
        await close();
      }
    });
  }

  list(path: string): Promise<readonly DirectoryEntry[]> {
    return this.#gate.run(async () => {
      const { file, close } = await resolvePath(this.#root, path);
      try {
        return await listDirectory(file);
      } finally {
        await close();
      }
    });
  }

  read({ path, offset, length }: Api['files.read']['args']): Promise<{
    readonly bytes: Buffer;
    readonly attributes: FileAttributes;
  }> {
    return this.#gate.run(async () => {
      const isRange = Number.isSafeInteger(offset) && offset >= 0 && Number.isSafeInteger(length);
      if (!isRange || length < 0 || length > READ_MAX_BYTES) {
        throw errnoError('EINVAL', `read: ${length} bytes at ${offset}`);
      }
      const { file, close } = await resolvePath(this.#root, path);
      try {
        const { bytes, stats } = await file.read(offset, length);
        return { bytes, attributes: attributesOf(stats) };
      } finally {
        await close();
      }
    });
  }

  tree(path: string): Promise<Tree> {
    return this.#gate.run(() => readTree(this.#root, path));
  }

  watch(args: Api['files.watch']['args'], signal: AbortSignal): Promise<string> {
    return this.#watch.wait(args, signal);
  }
}
