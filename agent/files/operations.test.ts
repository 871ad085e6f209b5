import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TargetFiles } from './operations.ts';
import type { Tree } from './tree.ts';

let root: string;
let files: TargetFiles;
const never = new AbortController().signal;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kdev-files-'));
  files = new TargetFiles(root);
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, content: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), content);
}

/** A ConfigMap's volume as the kubelet writes it. */
function publish(path: string, stamp: string, data: Record<string, string>): void {
  for (const [name, content] of Object.entries(data)) write(`${path}/${stamp}/${name}`, content);
  symlinkSync(stamp, join(root, path, '..data_tmp'));
  renameSync(join(root, path, '..data_tmp'), join(root, path, '..data'));
}

/** Path → content of the regular files. */
function contents({ files: list, bytes }: Tree): Record<string, string> {
  let at = 0;
  return Object.fromEntries(
    list.flatMap(({ path, kind, size }) => {
      const content = bytes.subarray(at, at + size).toString();
      at += size;
      return kind === 'file' ? [[path, content]] : [];
    }),
  );
}

describe('stat and read', () => {
  it('tell what the kernel tells', async () => {
    write('etc/app.conf', '0123456789');
    chmodSync(join(root, 'etc/app.conf'), 0o640);
    symlinkSync('/etc/app.conf', join(root, 'link'));
    const { attributes } = await files.stat({ path: '/link', follow: true });
    expect(attributes).toMatchObject({ mode: 0o100640, size: 10, nlink: 1 });
    expect(attributes.mtimeNs).toBeGreaterThan(1_600_000_000_000_000_000n);
    expect(await files.stat({ path: '/link', follow: false })).toMatchObject({
      link: '/etc/app.conf',
    });
    const at = async (offset: number, length: number) =>
      (await files.read({ path: '/link', offset, length })).bytes.toString();
    expect(await at(0, 4)).toBe('0123');
    expect(await at(8, 100)).toBe('89');
    expect(await at(50, 10)).toBe('');
  });

  it.each([
    [-1, 10],
    [0, -1],
    [0.5, 1],
    [0, 2 ** 22],
    [2 ** 60, 1],
  ])('refuse a read at %d of %d bytes', async (offset, length) => {
    write('a', '');
    await expect(files.read({ path: '/a', offset, length })).rejects.toMatchObject({
      code: 'EINVAL',
    });
  });
});

describe('list', () => {
  it('gives names with attributes and links', async () => {
    write('d/a', 'aa');
    mkdirSync(join(root, 'd/b'));
    symlinkSync('../nowhere', join(root, 'd/c'));
    const entries = [...(await files.list('/d'))].sort((x, y) => (x.name < y.name ? -1 : 1));
    expect(
      entries.map(({ name, link, attributes }) => [name, link, attributes.mode >> 12]),
    ).toEqual([
      ['a', undefined, 0o10],
      ['b', undefined, 0o04],
      ['c', '../nowhere', 0o12],
    ]);
    await expect(files.list('/d/a')).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(files.list('/none')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('takes thousands of names, and many callers at once', async () => {
    for (let index = 0; index < 1000; index++) write(`many/${index}`, '');
    const lists = await Promise.all(Array.from({ length: 10 }, () => files.list('/many')));
    expect(lists.every((entries) => entries.length === 1000)).toBe(true);
  });
});

describe('tree', () => {
  it("gives a kubelet's volume in its current version only", async () => {
    publish('conf', '..2026_01', { 'app.conf': 'one', 'sub/deep': 'x' });
    symlinkSync('..data/app.conf', join(root, 'conf/app.conf'));
    write('conf/..2025_12/app.conf', 'being removed');
    const tree = await files.tree('/conf');
    expect(tree.files.map(({ path, kind, link }) => [path, kind, link])).toEqual(
      expect.arrayContaining([
        ['', 'directory', undefined],
        ['..data', 'link', '..2026_01'],
        ['app.conf', 'link', '..data/app.conf'],
        ['..2026_01', 'directory', undefined],
        ['..2026_01/sub', 'directory', undefined],
      ]),
    );
    expect(contents(tree)).toEqual({ '..2026_01/app.conf': 'one', '..2026_01/sub/deep': 'x' });
  });

  it('is one version while versions are swapped all the time', async () => {
    const data = (n: number) => ({ a: `a${n}`.repeat(500), b: `b${n}` });
    publish('conf', '..v0', data(0));
    let stop = false;
    const swap = async () => {
      for (let n = 1; !stop; n++) {
        publish('conf', `..v${n}`, data(n));
        rmSync(join(root, `conf/..v${n - 1}`), { recursive: true });
        await new Promise((resolve) => setTimeout(resolve, (n * 7) % 25));
      }
    };
    const swapping = swap();
    let whole = 0;
    while (whole < 20) {
      const tree = await files.tree('/conf').catch((error: NodeJS.ErrnoException) => error.code);
      if (tree === undefined || typeof tree === 'string') {
        expect(tree).toBe('EAGAIN');
        continue;
      }
      const [a = '', b = ''] = Object.values(contents(tree)).sort();
      expect(a).toBe(`a${b.slice(1)}`.repeat(500));
      whole++;
    }
    stop = true;
    await swapping;
  });

  it('gives a single file as a tree of one', async () => {
    write('etc/single', 'content');
    const tree = await files.tree('/etc/single');
    expect(tree.files).toMatchObject([{ path: '', kind: 'file', size: 7 }]);
    expect(contents(tree)).toEqual({ '': 'content' });
  });

  it('is refused when it is too large', async () => {
    write('big/file', 'x'.repeat(3 * 1024 * 1024 + 1));
    await expect(files.tree('/big')).rejects.toMatchObject({ code: 'EFBIG' });
    mkdirSync(join(root, `deep/${'d/'.repeat(40)}`), { recursive: true });
    await expect(files.tree('/deep')).rejects.toMatchObject({ code: 'EFBIG' });
  });
});

describe('watch', () => {
  it('answers at once when the version differs already', async () => {
    publish('conf', '..v1', { a: '1' });
    const { version } = await files.tree('/conf');
    expect(await files.watch({ path: '/conf', version: '', waitMs: 10_000 }, never)).toBe(version);
  });

  it('answers soon after a swap, with another version', async () => {
    publish('conf', '..v1', { a: '1' });
    const { version } = await files.tree('/conf');
    const watching = files.watch({ path: '/conf', version, waitMs: 10_000 }, never);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const startedMs = performance.now();
    publish('conf', '..v2', { a: '2' });
    expect(await watching).not.toBe(version);
    expect(performance.now() - startedMs).toBeLessThan(1000);
    expect(contents(await files.tree('/conf'))).toEqual({ '..v2/a': '2' });
  });

  it('notices what inotify does not tell: a file further down', async () => {
    write('plain/sub/file', '1');
    const { version } = await files.tree('/plain');
    const watching = files.watch({ path: '/plain', version, waitMs: 10_000 }, never);
    await new Promise((resolve) => setTimeout(resolve, 50));
    write('plain/sub/file', 'two');
    expect(await watching).not.toBe(version);
  });

  it('answers the same version when the time is over, or the caller is gone', async () => {
    publish('conf', '..v1', { a: '1' });
    const { version } = await files.tree('/conf');
    expect(await files.watch({ path: '/conf', version, waitMs: 30 }, never)).toBe(version);
    const gone = new AbortController();
    const watching = files.watch({ path: '/conf', version, waitMs: 10_000 }, gone.signal);
    gone.abort();
    expect(await watching).toBe(version);
  });

  it('fails with the errno of the path', async () => {
    const args = { path: '/none', version: '', waitMs: 1000 };
    await expect(files.watch(args, never)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
