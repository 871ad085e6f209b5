import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoError, errnoOf } from '../../src/protocol/errno.ts';
import type { DirectoryEntry, TreeFile } from '../../src/protocol/messages.ts';
import { attributesOf } from './attributes.ts';
import type { Descriptor } from './descriptor.ts';
import { listDirectory } from './list-directory.ts';
import { resolvePath } from './resolve-path.ts';

/** ConfigMaps and Secrets hold 1 MiB each; a projected volume joins a few. */
const TREE_MAX_BYTES = 3 * 1024 * 1024;
const TREE_MAX_FILES = 4096;
const DEPTH_MAX = 32;
/** How often a tree that changes meanwhile is read again before it is given as it is. */
const ATTEMPTS = 5;
const ATTEMPT_PAUSE_MS = 20;

/** kubelet's AtomicWriter: `name → ..data/name`, `..data → ..2024_11_25_…`, swapped by renaming a new `..data` over the old one. */
const CURRENT = '..data';

export interface Tree {
  readonly files: readonly TreeFile[];
  readonly bytes: Buffer;
  readonly version: string;
}

/**
 * Reads a small tree whole, in one version: where it changes while it is read, it is read again. Of a kubelet's volume only the
 * directory that `..data` names is read, not one that is being made or removed. EFBIG above the limits, EAGAIN where a volume is
 * swapped all the time; what is no regular file, directory or link is left out.
 */
export async function readTree(root: string, path: string): Promise<Tree> {
  for (let attempt = 1; ; attempt++) {
    const tree = await despiteRaces(async () => {
      const bytes: Buffer[] = [];
      const { files, version } = await new Walk((content) => bytes.push(content)).run(root, path);
      return { files, version, bytes: Buffer.concat(bytes) };
    });
    if ((await readVersion(root, path)) === tree.version) return tree;
    if (attempt === ATTEMPTS) return giveAsItIs(tree);
    await sleep(ATTEMPT_PAUSE_MS);
  }
}

/** An ordinary tree may change all the time. Of a volume that is swapped half of a version would be a lie. */
function giveAsItIs(tree: Tree): Tree {
  if (tree.files.some(({ path }) => path === CURRENT)) {
    throw errnoError('EAGAIN', 'swapped faster than it can be read');
  }
  return tree;
}

/** What `readTree` would say now; equal as long as nothing of names, kinds, owners, modes, sizes, times and links has changed. */
export async function readVersion(root: string, path: string): Promise<string> {
  return (await despiteRaces(() => new Walk().run(root, path))).version;
}

/** A name may vanish, or become something else, between its listing and its opening: then the walk starts again. */
async function despiteRaces<T>(walk: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await walk();
    } catch (error) {
      const isRace = ['ENOENT', 'ENOTDIR', 'EINVAL', 'EISDIR'].includes(errnoOf(error));
      if (!isRace || attempt === ATTEMPTS) throw error;
    }
    await sleep(ATTEMPT_PAUSE_MS);
  }
}

/** One walk over a tree, parents first. */
class Walk {
  readonly #files: TreeFile[] = [];
  readonly #keep: ((content: Buffer) => unknown) | undefined;
  readonly #hash = createHash('sha256');
  #bytes = 0;

  /** With `keep` it reads the files, in the order of the list. */
  constructor(keep?: (content: Buffer) => unknown) {
    this.#keep = keep;
  }

  async run(root: string, path: string): Promise<Omit<Tree, 'bytes'>> {
    const { file, close } = await resolvePath(root, path);
    try {
      await this.#add([], { name: '', attributes: attributesOf(file.stats) }, file);
    } finally {
      await close();
    }
    return { files: this.#files, version: this.#hash.digest('hex').slice(0, 32) };
  }

  async #add(names: readonly string[], entry: DirectoryEntry, file?: Descriptor): Promise<void> {
    const kind = kindOf(entry);
    if (kind === undefined) return;
    const size = kind === 'file' ? await this.#take(entry, file) : 0;
    const { mode, uid, gid, mtimeNs, ino } = entry.attributes;
    const link = entry.link === undefined ? {} : { link: entry.link };
    const item = { path: names.join('/'), mode, uid, gid, kind, ...link, size };
    this.#files.push(item);
    const seen = kind === 'file' ? [entry.attributes.size, String(mtimeNs), ino] : [];
    this.#hash.update(JSON.stringify({ ...item, size: 0, seen }));
    if (kind === 'directory' && file) await this.#addChildren(file, names);
  }

  async #addChildren(directory: Descriptor, names: readonly string[]): Promise<void> {
    const all = await listDirectory(directory);
    const entries = names.length === 0 ? currentOf(all) : all;
    const isOver = this.#files.length + entries.length > TREE_MAX_FILES;
    if (isOver || names.length >= DEPTH_MAX) throw errnoError('EFBIG', 'too large a tree');
    for (const entry of entries) {
      const opened = this.#opens(entry) ? await directory.child(entry.name) : undefined;
      try {
        await this.#add([...names, entry.name], entry, opened);
      } finally {
        await opened?.close();
      }
    }
  }

  #opens(entry: DirectoryEntry): boolean {
    const kind = kindOf(entry);
    return kind === 'directory' || (kind === 'file' && this.#keep !== undefined);
  }

  /** Counts a file's bytes, and reads them where somebody keeps them; answers how many they are. */
  async #take({ attributes: { size } }: DirectoryEntry, file?: Descriptor): Promise<number> {
    this.#bytes += size;
    if (this.#bytes > TREE_MAX_BYTES) throw errnoError('EFBIG', 'too many bytes for a tree');
    if (!this.#keep || !file) return size;
    const { bytes } = await file.read(0, size);
    this.#keep(bytes);
    return bytes.length;
  }
}

function currentOf(entries: readonly DirectoryEntry[]): readonly DirectoryEntry[] {
  const current = entries.find(({ name, link }) => name === CURRENT && link !== undefined)?.link;
  if (current === undefined) return entries;
  return entries.filter(
    ({ name }) => !name.startsWith('..') || name === CURRENT || name === current,
  );
}

function kindOf({ attributes: { mode } }: DirectoryEntry): TreeFile['kind'] | undefined {
  switch (mode & 0o170000) {
    case 0o040000:
      return 'directory';
    case 0o100000:
      return 'file';
    case 0o120000:
      return 'link';
    default:
      return undefined;
  }
}
