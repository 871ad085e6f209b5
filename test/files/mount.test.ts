import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileMount } from '../../sidecar/files/file-mount.ts';
import { directoryFiles, type Way } from './directory-files.ts';

const run = promisify(execFile);
const PROGRAM = [
  process.execPath,
  '--import',
  import.meta.resolve('tsx'),
  join(fileURLToPath(new URL('.', import.meta.url)), 'serve.ts'),
];

let folder: string;
let source: string;
let shown: string;
let way: Way;
let mount: FileMount | undefined;
let reports: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kdev-files-'));
  source = join(folder, 'pod');
  shown = join(folder, 'shown');
  reports = [];
  way = { delayMs: 0, cut: false, operations: 0 };
  await mkdir(source);
  await mkdir(shown);
});
afterEach(async () => {
  await mount?.close();
  mount = undefined;
  await rm(folder, { recursive: true });
});

async function show(
  options: { root?: string; target?: string; single?: boolean; program?: string[] } = {},
): Promise<void> {
  mount = await FileMount.open({
    target: options.target ?? shown,
    root: options.root ?? source,
    single: options.single ?? false,
    source: 'shop/orders',
    program: options.program ?? PROGRAM,
    files: directoryFiles(way),
    report: (text) => reports.push(text),
  });
}

/**
 * Every look at the mount happens in a process of its own, its first step into the folder too (spawn's `cwd` would make
 * this process wait for the child's chdir): this one answers the server's questions and must not wait for itself.
 */
async function shell(script: string): Promise<string> {
  const { stdout } = await run('sh', ['-c', `cd ${shown} && { ${script}\n}`], {
    timeout: 30_000,
    encoding: 'latin1',
    maxBuffer: 1 << 26,
  });
  return stdout;
}

test('a tree reads as the original does: names, modes, owners, times, links, bytes', async () => {
  await writeFile(join(source, 'plain'), 'hello', { mode: 0o640 });
  await utimes(join(source, 'plain'), 1_600_000_000, 1_700_000_000.5);
  await mkdir(join(source, 'sub/deep'), { recursive: true });
  await writeFile(join(source, 'sub/deep/empty'), '');
  await symlink('../plain', join(source, 'sub/link'));
  await writeFile(
    Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0xff, 0x20, 0xfe])]),
    'odd name',
  );
  await show();
  const list = "find . -mindepth 1 -printf '%P %y %m %u %g %s %T@ %l\\n' | LC_ALL=C sort";
  const original = await run('sh', ['-c', list], { cwd: source, encoding: 'latin1' });
  expect(await shell(list)).toBe(original.stdout);
  expect(
    await shell(
      'cat sub/link; cat sub/deep/empty; cat *odd* 2>/dev/null; cat "$(printf \'\\377 \\376\')"',
    ),
  ).toBe('hellooddx'.replace('oddx', 'odd name'));
});

test('large files arrive whole, read in order, at random and by mmap', async () => {
  const content = randomBytes(9_000_001);
  await writeFile(join(source, 'big'), content);
  await show();
  const sum = createHash('sha256').update(content).digest('hex');
  expect((await shell('sha256sum < big')).slice(0, 64)).toBe(sum);
  expect(
    (await shell('dd if=big bs=4096 skip=1500 count=3 status=none | sha256sum')).slice(0, 64),
  ).toBe(
    createHash('sha256')
      .update(content.subarray(1500 * 4096, 1503 * 4096))
      .digest('hex'),
  );
  const mapped =
    "python3 -c \"import mmap,hashlib;f=open('big','rb');print(hashlib.sha256(mmap.mmap(f.fileno(),0,prot=mmap.PROT_READ)).hexdigest())\"";
  expect((await shell(mapped)).trim()).toBe(sum);
});

test('nothing can be changed: EROFS, and the pod keeps its files', async () => {
  await writeFile(join(source, 'keep'), 'mine');
  await show();
  for (const change of [
    'echo x > keep',
    'rm keep',
    'mkdir d',
    'mv keep other',
    'chmod 777 keep',
    'ln -s a b',
    'touch new',
  ]) {
    await expect(shell(change), change).rejects.toThrow(/[Rr]ead-only file system/);
  }
  expect(readFileSync(join(source, 'keep'), 'utf8')).toBe('mine');
});

test('what the pod writes becomes visible within two seconds; a growing file can be followed', async () => {
  await writeFile(join(source, 'log'), 'one\n');
  await show();
  expect(await shell('cat log; ls')).toBe('one\nlog\n');
  await writeFile(join(source, 'log'), 'one\ntwo\n');
  await writeFile(join(source, 'second'), '');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect(await shell('cat log; ls')).toBe('one\ntwo\nlog\nsecond\n');
});

test('a single file is mounted on a file', async () => {
  await writeFile(join(source, 'conf'), 'a=1');
  const target = join(folder, 'conf');
  await writeFile(target, '');
  await show({ root: join(source, 'conf'), target, single: true });
  expect(await shell(`cat ${target}`)).toBe('a=1');
});

test('10 000 names are listed once each, and absent ones cost nothing after the listing', async () => {
  await Promise.all(
    Array.from({ length: 10_000 }, (_, index) => writeFile(join(source, `file-${index}`), '')),
  );
  await show();
  expect((await shell('ls | sort -u | wc -l')).trim()).toBe('10000');
  way.operations = 0;
  await shell('for i in 1 2 3 4 5 6 7 8 9; do test -e absent-$i && exit 1; done; true');
  expect(way.operations).toBeLessThan(4);
});

test('a cut way fails with EIO, and the same mount works when the way is back', async () => {
  await writeFile(join(source, 'a'), 'x');
  await show();
  way.cut = true;
  await expect(run('cat', [join(shown, 'a')])).rejects.toThrow(/Input\/output error/);
  way.cut = false;
  expect(await shell('cat a')).toBe('x');
});

test('a reader that is interrupted leaves at once', async () => {
  await writeFile(join(source, 'slow'), 'x');
  await show();
  way.delayMs = 8000;
  const startedAt = performance.now();
  await expect(run('timeout', ['0.5', 'cat', join(shown, 'slow')])).rejects.toThrow();
  expect(performance.now() - startedAt).toBeLessThan(5000);
});

test('the server killed twice in the middle of a read: the reader sees a pause, no error', async () => {
  const content = randomBytes(40_000_000);
  await writeFile(join(source, 'big'), content);
  way.delayMs = 20;
  await show();
  const reading = shell('sha256sum < big');
  for (let kill = 0; kill < 2; kill++) {
    await new Promise((resolve) => setTimeout(resolve, 900));
    const pid = mount?.serverPid;
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  }
  expect((await reading).slice(0, 64)).toBe(createHash('sha256').update(content).digest('hex'));
  expect(await shell('ls')).toBe('big\n');
});

test('a server that cannot run at all is given up: readers fail, nobody hangs', async () => {
  await show({ program: ['false'] });
  await expect(shell('ls')).rejects.toThrow();
  expect(reports).toEqual([`${source} is no longer shown: its server cannot run`]);
});
