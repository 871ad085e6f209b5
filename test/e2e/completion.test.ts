import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { buildShellsImage, shellsImage } from '../fixtures/app-images.ts';
import { run } from '../run/shell.ts';

const { kdev } = inject('ground');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kdev-shells-'));
  const program = path.join(folder, 'bin/kdev');
  await mkdir(path.dirname(program));
  await writeFile(program, `#!/bin/sh\nexec node ${kdev} "$@"\n`);
  await chmod(program, 0o755);
  const context = { cluster: 'c', user: 'u' };
  const kubeconfig = {
    'current-context': 'kind-one',
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'u', user: {} }],
    contexts: [
      { name: 'kind-one', context },
      { name: 'prod-two', context },
    ],
  };
  await writeFile(path.join(folder, 'kubeconfig'), stringify(kubeconfig));
  await buildShellsImage();
});
afterAll(() => rm(folder, { recursive: true }));

/** A command where kdev is installed beside the shells, without Docker and without a cluster. */
async function inShells(...command: string[]): Promise<readonly string[]> {
  const modules = path.join(import.meta.dirname, '../../node_modules');
  const places = [folder, path.dirname(path.dirname(kdev)), modules];
  const printed = await run('docker', [
    ...['run', '--rm', ...places.map((place) => `--volume=${place}:${place}:ro`)],
    `--env=PATH=${path.join(folder, 'bin')}:/usr/local/bin:/usr/bin:/bin`,
    `--env=KUBECONFIG=${path.join(folder, 'kubeconfig')}`,
    '--env=KDEV_COMPLETION_MS=30000',
    shellsImage,
    ...command,
  ]);
  return printed.split('\n');
}

/** What was typed, and what it becomes. */
const lines: readonly (readonly [typed: string, completed: string])[] = [
  ['config v', 'config view'],
  ['image load --cl', 'image load --cluster'],
  ['ls --output=j', 'ls --output=json'],
  ['ls --context pr', 'ls --context prod-two'],
  ['completion z', 'completion zsh'],
  ['env -f /etc/host', 'env -f /etc/hostname'],
];

test.each(['bash', 'zsh'])('kdev completion %s: Tab completes on a terminal', async (shell) => {
  // Another file begins like it.
  const typed = lines.map(([line]) => `kdev ${line.replace('/etc/host', '/etc/hostn')}`);
  const ran = await inShells('zsh', '-f', '/type.zsh', shell, ...typed);
  expect(ran).toEqual(lines.map(([, completed]) => `ran:${completed}`));
});

test('kdev completion fish: its candidates, with what they mean', async () => {
  const asked = lines.map(([typed]) => `complete -C "kdev ${typed}"`).join('; ');
  const found = await inShells(
    'fish',
    '--no-config',
    '-c',
    `kdev completion fish | source; ${asked}`,
  );
  expect(found).toContain('view\tEvery setting and its value; with --origin, where it came from.');
  for (const word of ['--output=json', 'prod-two', 'zsh', '/etc/hostname']) {
    expect(found).toContain(word);
  }
});

test('kdev completion: what cannot be had is left out without a word', async () => {
  const nothing = await inShells(
    'sh',
    '-c',
    'kdev __complete -- ls -n "" 2>&1; kdev __complete -- compose up "" 2>&1',
  );
  expect(nothing).toEqual(['']);
});
