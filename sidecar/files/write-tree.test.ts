import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TreeFile } from '../../src/protocol/messages.ts';
import { type Tree, writeTree } from './write-tree.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kdev-write-tree-'));
});
afterEach(() => rm(folder, { recursive: true }));

const own = { uid: 0, gid: 0 };
const directory = (path: string, mode = 0o755): TreeFile => ({
  ...own,
  path,
  mode,
  kind: 'directory',
  size: 0,
});
const link = (path: string, to: string): TreeFile => ({
  ...own,
  path,
  mode: 0o777,
  kind: 'link',
  link: to,
  size: 0,
});
const file = (path: string, content: string, mode = 0o644): [TreeFile, Buffer] => {
  const bytes = Buffer.from(content);
  return [{ ...own, path, mode, kind: 'file', size: bytes.length }, bytes];
};

/** What the kubelet shows of a ConfigMap with these keys. */
function kubeletVolume(stamp: string, keys: Record<string, string>): Tree {
  const contents = Object.entries(keys).map(([key, value]) => file(`${stamp}/${key}`, value));
  return {
    files: [
      directory(''),
      link('..data', stamp),
      directory(stamp),
      ...contents.map(([entry]) => entry),
      ...Object.keys(keys).map((key) => link(key, `..data/${key}`)),
    ],
    bytes: Buffer.concat(contents.map(([, bytes]) => bytes)),
  };
}

test('a kubelet volume appears with its links, and the next version replaces it whole', async () => {
  const target = join(folder, 'm');
  await writeTree(target, kubeletVolume('..2026_01', { 'app.conf': 'one', old: 'x' }));
  expect(await readFile(join(target, 'app.conf'), 'utf8')).toBe('one');

  await writeTree(target, kubeletVolume('..2026_02', { 'app.conf': 'two', new: '' }));
  expect(await readFile(join(target, 'app.conf'), 'utf8')).toBe('two');
  expect(await readlink(join(target, '..data'))).toBe('..2026_02');
  expect((await readdir(target)).sort()).toEqual(['..2026_02', '..data', 'app.conf', 'new']);
});

test('modes are kept, also of a directory that its owner may not write', async () => {
  const [secret, bytes] = file('locked/key', 's3cret', 0o400);
  const tree = { files: [directory(''), directory('locked', 0o500), secret], bytes };
  await writeTree(join(folder, 'm'), tree);
  await writeTree(join(folder, 'm'), tree);
  expect((await stat(join(folder, 'm/locked'))).mode & 0o777).toBe(0o500);
  expect((await stat(join(folder, 'm/locked/key'))).mode & 0o777).toBe(0o400);
});

test('a single file keeps its inode: the service has mounted that very file', async () => {
  const target = join(folder, 'conf');
  const [first, one] = file('', 'a longer first version');
  await writeTree(target, { files: [first], bytes: one });
  const before = await stat(target);
  const [second, two] = file('', 'second');
  await writeTree(target, { files: [second], bytes: two });
  expect((await stat(target)).ino).toBe(before.ino);
  expect(await readFile(target, 'utf8')).toBe('second');
});

test('a path that leaves the tree is refused before anything is written', async () => {
  const [evil, bytes] = file('a/../../evil', 'x');
  await expect(
    writeTree(join(folder, 'm'), { files: [directory(''), evil], bytes }),
  ).rejects.toThrow('leaves it');
  expect(await readdir(folder)).toEqual([]);
});

test('fewer bytes than promised are refused', async () => {
  const [entry] = file('a', 'four');
  await expect(
    writeTree(join(folder, 'm'), { files: [entry], bytes: Buffer.from('abc') }),
  ).rejects.toThrow('fewer');
});

test('a file that became a directory, and one that became a link, are replaced', async () => {
  const target = join(folder, 'm');
  const [plain, bytes] = file('thing', 'x');
  await writeTree(target, { files: [directory(''), plain], bytes });
  await writeTree(target, {
    files: [directory(''), link('thing', 'elsewhere')],
    bytes: Buffer.alloc(0),
  });
  expect(await readlink(join(target, 'thing'))).toBe('elsewhere');
  await writeTree(target, { files: [directory(''), directory('thing')], bytes: Buffer.alloc(0) });
  expect((await stat(join(target, 'thing'))).isDirectory()).toBe(true);
  await writeTree(target, { files: [directory(''), plain], bytes });
  expect(await readFile(join(target, 'thing'), 'utf8')).toBe('x');
});

test('a link that stands where a directory shall be made does not lead the writer away', async () => {
  const outside = join(folder, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'mine'), 'untouched');
  await mkdir(join(folder, 'm'));
  await symlink(outside, join(folder, 'm/d'));
  const [inside, bytes] = file('d/mine', 'theirs');
  await writeTree(join(folder, 'm'), { files: [directory(''), directory('d'), inside], bytes });
  expect(await readFile(join(outside, 'mine'), 'utf8')).toBe('untouched');
  expect(await readFile(join(folder, 'm/d/mine'), 'utf8')).toBe('theirs');
});
