import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dockerAsker } from './ask-docker.ts';
import { type ComposeRun, runCompose } from './run-compose.ts';

/* A program in the place of `docker` tells what it got; the network ring has the real one. */
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kdev-test-'));
  const docker = join(folder, 'docker');
  writeFileSync(
    docker,
    `#!/bin/sh
echo "$@"
cat /dev/fd/3
env | grep -E '^(KDEV_ENV|GONE|KEPT)' | sort
[ "$8" = wait ] && exec sleep 60
exit 7
`,
  );
  chmodSync(docker, 0o755);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function run(args: readonly string[], others: Partial<ComposeRun> = {}) {
  return runCompose({
    project: { name: 'shop', directory: '/srv/shop' },
    rendered: {
      model: { name: 'shop' },
      values: new Map([['KDEV_ENV_0', 'a $b']]),
      unset: ['GONE', 'PATH'],
    },
    globalFlags: ['--ansi=never'],
    command: 'up',
    args,
    directory: folder,
    environment: { PATH: `${folder}:${process.env['PATH']}`, GONE: 'x', KEPT: 'y' },
    input: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
    signals: 'caller',
    ...others,
  });
}

test('the same name and directory, the project over a file without a name, values in the environment', async () => {
  const compose = run(['-d', 'api']);
  const [printed, exitCode] = await Promise.all([
    compose.stdout ? text(compose.stdout) : '',
    compose.ended,
  ]);
  expect(exitCode).toBe(7);
  expect(printed).toBe(
    `compose --file=/dev/fd/3 --project-name=shop --project-directory=/srv/shop --ansi=never up -d api
{
  "name": "shop"
}
KDEV_ENV_0=a $b
KEPT=y
`,
  );
});

test('a signal reaches it, and its exit code says so; a second one too late is none', async () => {
  const compose = run(['--x', 'wait']);
  compose.stdout?.once('data', () => compose.kill('SIGTERM'));
  expect(await compose.ended).toBe(143);
  compose.kill('SIGKILL');
});

test('no docker on the PATH', async () => {
  await expect(run([], { environment: { PATH: '/nowhere' } }).ended).rejects.toMatchObject({
    code: 'KDEV12101',
  });
  const ask = dockerAsker(folder, { PATH: '/nowhere' });
  await expect(ask(['compose', 'version'])).rejects.toMatchObject({
    code: 'KDEV12101',
    fact: 'there is no docker command on the PATH',
  });
});

test('an environment larger than this machine takes', async () => {
  const values = new Map(
    Array.from({ length: 100 }, (_, index) => [`KDEV_ENV_${index}`, 'x'.repeat(100_000)]),
  );
  const rendered = { model: {}, values, unset: [] };
  const outcome = async () => await run([], { rendered }).ended;
  await expect(outcome()).rejects.toMatchObject({
    code: 'KDEV12302',
    fact: "the pod's environment is larger than this machine lets a program have",
  });
});

test('an answer: exit code and both outputs', async () => {
  const environment = { PATH: `${folder}:${process.env['PATH']}` };
  const answer = await dockerAsker(folder, environment)(['compose', 'config'], {
    input: Buffer.from('unread'),
  });
  expect(answer).toMatchObject({ exitCode: 7, stdout: 'compose config\n' });
});
