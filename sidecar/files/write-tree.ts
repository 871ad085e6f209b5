import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TreeFile } from '../../src/protocol/messages.ts';

/** The link through which a kubelet volume shows its current version; all names of the volume lead through it. */
const CURRENT = '..data';

/** A tree as the agent sent it: its files, and their bytes one after another. */
export interface Tree {
  readonly files: readonly TreeFile[];
  readonly bytes: Buffer;
}

/** One thing to make, with its bytes where it is a file. */
interface Item extends TreeFile {
  readonly content: Buffer;
}

/**
 * Makes `target` equal to `tree`. A kubelet volume swaps as the kubelet does it: the new version's directory first, then
 * `..data` in one rename, so that no reader sees half of two versions and inotify tells it. Anything else is replaced
 * file by file, each in one rename. A tree that is a single file is written in place: the service holds that very inode.
 *
 * The sidecar has no CAP_DAC_OVERRIDE: directories stay writable for it until their content is made.
 */
export async function writeTree(target: string, tree: Tree): Promise<void> {
  const items = itemsOf(tree);
  const root = items.find(({ path }) => path === '');
  if (root?.kind === 'file') {
    await writeFile(target, root.content);
    await chmod(target, root.mode & 0o7777);
    return;
  }
  const below = items.filter(({ path }) => path !== '').sort(inOrderOfMaking);
  const directories = below.filter(({ kind }) => kind === 'directory');
  await mkdir(target, { recursive: true });
  for (const { path } of directories) await makeDirectory(join(target, path));
  for (const item of below) if (item.kind !== 'directory') await make(target, item);
  for (const { path, mode } of directories) await chmod(join(target, path), mode & 0o7777);
  await removeOthers(target, new Set(below.map(({ path }) => path)));
}

function itemsOf({ files, bytes }: Tree): Item[] {
  let at = 0;
  return files.map((file) => {
    const path = Buffer.from(file.path, 'latin1').toString();
    if (path.startsWith('/') || path.split('/').includes('..'))
      throw new Error('a path of the tree leaves it');
    const size = file.kind === 'file' ? file.size : 0;
    const content = bytes.subarray(at, at + size);
    if (content.length !== size) throw new Error('the tree has fewer bytes than it says');
    at += size;
    return { ...file, path, content };
  });
}

/** Parents before children; the swap after all that it shows; the names that lead through it last. */
function inOrderOfMaking(a: Item, b: Item): number {
  return rank(a) - rank(b) || a.path.length - b.path.length;
}

function rank({ path, kind }: Item): number {
  if (path === CURRENT) return 1;
  return kind === 'link' && !path.includes('/') ? 2 : 0;
}

/** Parents come first and are never links here, so that nothing is written outside of the tree. */
async function makeDirectory(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found && !found.isDirectory()) await rm(path);
  await mkdir(path, { recursive: true });
  await chmod(path, 0o700);
}

async function make(root: string, { path, kind, link = '', mode, content }: Item): Promise<void> {
  const place = join(root, path);
  if (kind === 'link' && (await readlink(place).catch(() => undefined)) === link) return;
  const fresh = join(dirname(place), `..kdev-${process.pid}`);
  await rm(fresh, { force: true });
  if (kind === 'link') await symlink(link, fresh);
  else {
    await writeFile(fresh, content, { mode: 0o600 });
    await chmod(fresh, mode & 0o7777);
  }
  const found = await lstat(place).catch(() => undefined);
  if (found?.isDirectory()) await rm(place, { recursive: true });
  await rename(fresh, place);
}

async function removeOthers(root: string, keep: ReadonlySet<string>, below = ''): Promise<void> {
  for (const found of await readdir(join(root, below), { withFileTypes: true })) {
    const path = join(below, found.name);
    if (!keep.has(path)) await rm(join(root, path), { recursive: true, force: true });
    else if (found.isDirectory()) await removeOthers(root, keep, path);
  }
}
