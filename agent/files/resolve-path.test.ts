import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolvePath, resolvePathItself } from './resolve-path.ts';

let outside: string;
let root: string;

beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'kdev-root-'));
  root = join(outside, 'root');
  mkdirSync(join(root, 'etc/app'), { recursive: true });
  writeFileSync(join(root, 'etc/app/app.conf'), 'inside');
  writeFileSync(join(root, 'secret'), "the root's");
  writeFileSync(join(outside, 'secret'), "the node's");
});
afterEach(() => rmSync(outside, { recursive: true }));

async function read(path: string): Promise<string> {
  const { file, close } = await resolvePath(root, path);
  try {
    return (await file.read(0, 100)).bytes.toString();
  } finally {
    await close();
  }
}

async function linkAt(path: string): Promise<string | undefined> {
  const { link, close } = await resolvePathItself(root, path);
  await close();
  return link;
}

const link = (at: string, target: string) => symlinkSync(target, join(root, at));

describe('resolvePath', () => {
  it('finds what is there, with dots and slashes as anywhere', async () => {
    expect(await read('/etc/app/app.conf')).toBe('inside');
    expect(await read('//etc/./app//../app/app.conf')).toBe('inside');
  });

  it('ends at the root however far .. would lead', async () => {
    expect(await read('/../../../secret')).toBe("the root's");
    expect(await read('/etc/../../secret')).toBe("the root's");
    link('etc/up', '../../../../secret');
    expect(await read('/etc/up')).toBe("the root's");
  });

  it('takes absolute links from the root', async () => {
    link('etc/absolute', '/secret');
    link('etc/directory', '/etc/app');
    expect(await read('/etc/absolute')).toBe("the root's");
    expect(await read('/etc/directory/app.conf')).toBe('inside');
    expect(await read('/etc/directory/../../secret')).toBe("the root's");
    link('etc/nodes', join(outside, 'secret'));
    await expect(read('/etc/nodes')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('follows links of links, and gives up where they go round', async () => {
    link('a', 'b');
    link('b', 'secret');
    expect(await read('/a')).toBe("the root's");
    link('x', 'y');
    link('y', 'x');
    await expect(read('/x')).rejects.toMatchObject({ code: 'ELOOP' });
  });

  it('stops at the last link where told so, and only there', async () => {
    link('etc/directory', '/etc/app');
    link('etc/app/last', 'nowhere');
    expect(await linkAt('/etc/directory/last')).toBe('nowhere');
    expect(await linkAt('/etc/directory')).toBe('/etc/app');
    expect(await linkAt('/etc')).toBeUndefined();
  });

  it("refuses the links of /proc, which lead into a process's own world", async () => {
    for (const path of [`/proc/${process.pid}/root/etc`, '/proc/self/cwd', '/proc/1/exe']) {
      await expect(resolvePath('/', path)).rejects.toMatchObject({ code: 'ELOOP' });
    }
  });

  it.each([
    ['a missing name', '/etc/missing', 'ENOENT'],
    ['a name below a file', '/secret/below', 'ENOTDIR'],
    ['.. behind a file', '/secret/..', 'ENOTDIR'],
    ['a relative path', 'etc/app', 'EINVAL'],
    ['an empty path', '', 'EINVAL'],
    ['a NUL', '/a\0b', 'EINVAL'],
    ['a long name', `/${'x'.repeat(256)}`, 'ENAMETOOLONG'],
    ['a long path', `/${'x/'.repeat(2048)}`, 'ENAMETOOLONG'],
  ])('answers %s with the errno of the kernel', async (_what, path, code) => {
    await expect(resolvePath(root, path)).rejects.toMatchObject({ code });
  });

  it('holds names of any bytes', async () => {
    const name = Buffer.from([0x66, 0xff, 0xfe, 0xc3, 0xa9]);
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), name]), 'bytes');
    expect(await read(`/${name.toString('latin1')}`)).toBe('bytes');
  });

  it('refuses to read what is no regular file, without waiting', async () => {
    execFileSync('mkfifo', [join(root, 'fifo')]);
    await expect(read('/fifo')).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(read('/etc')).rejects.toMatchObject({ code: 'EISDIR' });
  });

  it('leaves no descriptor open, however a walk ends', async () => {
    const count = () => readdirSync('/proc/self/fd').length;
    link('etc/directory', '/etc/app');
    link('x', 'x');
    const before = count();
    for (let round = 0; round < 20; round++) {
      await read('/etc/directory/../app/app.conf');
      await expect(read('/etc/directory/none')).rejects.toThrow();
      await expect(read('/x')).rejects.toThrow();
    }
    expect(count()).toBe(before);
  });
});
