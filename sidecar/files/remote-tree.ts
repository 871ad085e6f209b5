import type { DirectoryEntry, FileAttributes } from '../../src/protocol/messages.ts';
import type { Dirent, Entry } from './fuse-protocol.ts';
import { type Fresh, NodeTable, type TreeNode } from './node-table.ts';
import { OpenFile } from './open-file.ts';
import type { RemoteFiles } from './remote-files.ts';

/** How long an attribute, a name, an absence or a listing is believed: the pod may write at any time. */
const TTL_MS = 1000;
/** Open handles of one mount; the next open is EMFILE. */
const MAX_HANDLES = 65_536;

const NOT_THERE: Entry = { node: 0, entryTtlMs: TTL_MS, attributesTtlMs: 0 };

interface OpenDirectory {
  readonly node: TreeNode;
  dirents?: readonly Dirent[];
}

/**
 * The target's tree below one path, as FUSE asks for it: nodes by number, handles, and what is worth remembering. The
 * second name asked in a directory fetches its whole listing, which answers all further look-ups, absent names too.
 * Errors are thrown with an errno name as `code`.
 */
export class RemoteTree {
  readonly #files: RemoteFiles;
  readonly #nodes: NodeTable;
  readonly #now: () => number;
  readonly #open = new Map<number, OpenFile | OpenDirectory>();
  readonly #listings = new Map<number, Promise<Map<string, DirectoryEntry>>>();
  #nextHandle = 1;

  constructor(files: RemoteFiles, options: { root: string; firstId?: number; now: () => number }) {
    this.#files = files;
    this.#now = options.now;
    this.#nodes = new NodeTable(options.root, options.firstId ?? 0);
  }

  get size(): number {
    return this.#nodes.size;
  }

  async lookup(parentId: number, name: string): Promise<Entry> {
    const parent = this.#node(parentId);
    parent.asked++;
    if (isFresh(parent.listing, this.#now()) || parent.asked > 1) {
      const found = (await this.#list(parent)).get(name);
      return found ? this.#entry(parent, name, found.attributes) : NOT_THERE;
    }
    try {
      const { attributes } = await this.#files.stat(`${this.#nodes.path(parent)}/${name}`);
      return this.#entry(parent, name, attributes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NOT_THERE;
      throw error;
    }
  }

  forget(id: number, count: number): void {
    this.#nodes.forget(id, count);
  }

  async attributes(id: number): Promise<{ attributes: FileAttributes; ttlMs: number }> {
    const node = this.#node(id);
    if (!isFresh(node.attributes, this.#now())) {
      const { attributes } = await this.#files.stat(this.#nodes.path(node));
      node.attributes = this.#fresh(attributes);
    }
    return { attributes: node.attributes.value, ttlMs: TTL_MS };
  }

  async link(id: number): Promise<Buffer> {
    const node = this.#node(id);
    const listed = isFresh(node.parent?.listing, this.#now())
      ? node.parent?.listing.value.get(node.name)?.link
      : undefined;
    const link = listed ?? (await this.#files.stat(this.#nodes.path(node))).link;
    if (link === undefined) throw errnoError('EINVAL');
    return Buffer.from(link, 'latin1');
  }

  async openFile(id: number): Promise<number> {
    const node = this.#node(id);
    const { attributes } = await this.attributes(id);
    return this.#keep(
      new OpenFile(this.#files, {
        path: this.#nodes.path(node),
        size: attributes.size,
        now: this.#now,
      }),
    );
  }

  async read(handle: number, offset: number, length: number): Promise<Buffer[]> {
    const file = this.#open.get(handle);
    if (!(file instanceof OpenFile)) throw errnoError('EBADF');
    return await file.read(offset, length);
  }

  /** Fetches the listing too: what READDIR will ask for next. */
  async openDirectory(id: number): Promise<number> {
    const node = this.#node(id);
    await this.#list(node);
    return this.#keep({ node });
  }

  /** All entries of an open directory, the same at every call until it is closed: offsets index them. */
  async dirents(handle: number): Promise<readonly Dirent[]> {
    const directory = this.#open.get(handle);
    if (!directory || directory instanceof OpenFile) throw errnoError('EBADF');
    directory.dirents ??= this.#dirents(directory.node, await this.#list(directory.node));
    return directory.dirents;
  }

  /** Counts the look-ups that a READDIRPLUS reply stands for. */
  looked(dirents: readonly Dirent[]): void {
    for (const { entry } of dirents) {
      const node = entry && this.#nodes.get(entry.node);
      if (node) node.lookups++;
    }
  }

  close(handle: number): void {
    this.#open.delete(handle);
  }

  #dirents(directory: TreeNode, listing: Map<string, DirectoryEntry>): Dirent[] {
    const dots = ['.', '..'].map((name) => ({ name, ino: directory.id, mode: 0o040000 }));
    const names = [...listing.values()].map(({ name, attributes }) => ({
      name,
      ino: attributes.ino,
      mode: attributes.mode,
      entry: this.#peek(directory, name, attributes),
    }));
    return [...dots, ...names];
  }

  async #list(directory: TreeNode): Promise<Map<string, DirectoryEntry>> {
    if (isFresh(directory.listing, this.#now())) return directory.listing.value;
    const running = this.#listings.get(directory.id) ?? this.#fetchListing(directory);
    this.#listings.set(directory.id, running);
    return await running;
  }

  async #fetchListing(directory: TreeNode): Promise<Map<string, DirectoryEntry>> {
    try {
      const entries = await this.#files.list(this.#nodes.path(directory));
      const byName = new Map(entries.map((entry) => [entry.name, entry]));
      directory.listing = this.#fresh(byName);
      directory.asked = 0;
      return byName;
    } finally {
      this.#listings.delete(directory.id);
    }
  }

  #entry(parent: TreeNode, name: string, attributes: FileAttributes): Entry {
    const entry = this.#peek(parent, name, attributes);
    this.looked([{ name, ino: attributes.ino, mode: attributes.mode, entry }]);
    return entry;
  }

  #peek(parent: TreeNode, name: string, attributes: FileAttributes): Entry {
    const node = this.#nodes.child(parent, name);
    node.attributes = this.#fresh(attributes);
    return { node: node.id, entryTtlMs: TTL_MS, attributesTtlMs: TTL_MS, attributes };
  }

  #keep(opened: OpenFile | OpenDirectory): number {
    if (this.#open.size >= MAX_HANDLES) throw errnoError('EMFILE');
    const handle = this.#nextHandle++;
    this.#open.set(handle, opened);
    return handle;
  }

  /** A number that this server never gave out (a predecessor did) is ESTALE: the kernel looks the path up again. */
  #node(id: number): TreeNode {
    const node = this.#nodes.get(id);
    if (!node) throw errnoError('ESTALE');
    return node;
  }

  #fresh<T>(value: T): Fresh<T> {
    return { value, until: this.#now() + TTL_MS };
  }
}

function isFresh<T>(value: Fresh<T> | undefined, now: number): value is Fresh<T> {
  return value !== undefined && value.until > now;
}

function errnoError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
