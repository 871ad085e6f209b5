import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appImage } from '../fixtures/app-images.ts';
import { baseImage } from '../fixtures/base-image.ts';
import { run } from '../run/shell.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { RunningCommand } from './kdev-command.ts';
import { nothingLeft } from './leftovers.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

const saysMs = 60_000;
const leaveMs = 40_000;
/** Of a command that runs while others ask. */
const runs = { deadlineMs: 110_000 };
let world: World;
let project: Project;
let client: PodClient;

beforeAll(async () => {
  world = await World.open();
  [, client] = await Promise.all([
    world.deploy({
      name: 'orders',
      language: 'go',
      env: [{ name: 'SECRET', value: 'of the pod' }],
    }),
    world.client(),
  ]);
  // A folder and an environment of its own; there is no compose file that means anything.
  project = await world.project({ services: {} });
});
afterAll(() => world[Symbol.asyncDispose]());

/** Names that no other run of these tests has. */
const nameOf = (what: string) => `${world.namespace}-${what}`;
const target = ['--target', 'deployment/orders'];
const shell = (name: string, script: string) => [
  ...['run', '--name', nameOf(name), ...target, '--incoming', 'off', '--entrypoint', 'sh'],
  ...[baseImage, '-c', script],
];

async function allGone(name: string): Promise<void> {
  const { kubectl, namespace } = world;
  const { runtimeFolder } = project;
  const searched = { project: `kdev-run-${nameOf(name)}`, namespace, kubectl, runtimeFolder };
  await nothingLeft(searched, leaveMs);
}

async function whoAnswers(): Promise<string> {
  const { body } = await client.request({ url: 'http://orders:8080/' });
  return body?.app ?? '';
}

test('kdev run: in the foreground it answers for its target, and when it is killed nothing stays', async () => {
  const port = await freePort();
  await writeFile(path.join(project.folder, 'my.env'), 'QUOTED="as it is"\nNAME=overridden\n');
  await mkdir(path.join(project.folder, 'src'));
  await writeFile(path.join(project.folder, 'src/file'), 'of this machine');
  const name = nameOf('web');
  const running = project.start(
    [
      ...['run', '--name', name, ...target, '--incoming', 'steal', '-p', `127.0.0.1:${port}:8080`],
      ...['--env-file', 'my.env', '-e', 'NAME=of the run', '-v', './src:/src:ro', appImage('go')],
    ],
    runs,
  );
  try {
    await running.says(`${name} now answers for deployment/orders:8080`, saysMs);
    expect(await whoAnswers()).toBe('of the run');
    const here = await fetch(`http://127.0.0.1:${port}/`);
    expect(await here.json()).toMatchObject({ app: 'of the run' });
    const asked = async (what: string) => {
      const url = `http://127.0.0.1:9900${what}`;
      const { code, stdout } = await project.kdev(['exec', name, '/app', 'request', 'GET', url]);
      expect(code).toBe(0);
      return Buffer.from(JSON.parse(JSON.parse(stdout).body).base64, 'base64').toString();
    };
    expect(await asked('/env/SECRET')).toBe('of the pod');
    expect(await asked('/env/QUOTED')).toBe('"as it is"');
    expect(await asked('/file?path=/src/file')).toBe('of this machine');
    const status = await project.kdev(['status']);
    expect(status.stdout).toMatch(/held by a command in the foreground\n.*stealing :8080 of /);
    const logs = await project.kdev(['logs', name]);
    expect([logs.code, logs.stdout]).toEqual([0, expect.stringMatching(/^sidecar .* ready: /m)]);
    const explained = await project.kdev(['explain', name, 'orders:8080']);
    expect([explained.code, explained.stdout]).toEqual([0, expect.stringContaining('leaves from')]);
    const variables = await project.kdev(['env', name, '-o', 'json', '--reveal']);
    expect(JSON.parse(variables.stdout).variables).toEqual(
      expect.arrayContaining([
        { name: 'SECRET', value: 'of the pod', from: 'pod' },
        { name: 'NAME', value: 'of the run', from: 'options' },
        { name: 'QUOTED', value: '"as it is"', from: 'options' },
      ]),
    );
    const second = await project.kdev([
      ...['run', '--name', nameOf('second'), ...target, '--incoming', 'steal', appImage('go')],
    ]);
    expect([second.code, second.stderr]).toEqual([54, expect.stringContaining('KDEV5005')]);
    expect(second.stderr).toContain(`kdev stop ${name}`);
    const again = await project.kdev(['run', '--name', name, ...target, appImage('go')]);
    expect([again.code, again.stderr]).toEqual([23, expect.stringContaining('KDEV2309')]);
  } finally {
    running.kill('SIGKILL');
  }
  await allGone('web');
  await eventually('the target answers', { deadlineMs: saysMs }, async () => {
    expect(await whoAnswers()).toBe('target-orders');
  });
});

test('kdev run: what cannot be is told before anything is made', async () => {
  const refused = await project.kdev(['run', ...target, '--network', 'host', baseImage]);
  expect([refused.code, refused.stderr]).toEqual([23, expect.stringContaining('KDEV2308')]);
  const aimless = await project.kdev(['run', baseImage]);
  expect([aimless.code, aimless.stderr]).toEqual([20, expect.stringContaining('--target')]);
  const terminal = await project.kdev(['run', ...target, '-it', baseImage]);
  expect([terminal.code, terminal.stderr]).toEqual([20, expect.stringContaining('leave out -t')]);
  const unread = await project.kdev([
    'run',
    '--name',
    nameOf('unread'),
    ...target,
    '-m',
    '12q',
    baseImage,
  ]);
  expect([unread.code, unread.stderr]).toEqual([20, expect.stringContaining('mem_limit')]);
  const nobody = await project.kdev(['stop', nameOf('nobody')]);
  expect([nobody.code, nobody.stderr]).toEqual([23, expect.stringContaining('KDEV2310')]);
  await allGone('nobody');
});

test('kdev run -i: what is typed reaches the program, its end too; its exit code is the command’s', async () => {
  const { kdev } = world.ground;
  const words = shell('input', 'cat; exit 7');
  const input = new RunningCommand({
    command: [
      'sh',
      '-c',
      'seq 5000 | "$@"',
      'sh',
      process.execPath,
      kdev,
      ...words.toSpliced(1, 0, '-i'),
    ],
    cwd: project.folder,
    env: project.env,
    deadlineMs: saysMs,
  });
  const { code, stdout } = await input.ended;
  expect([code, stdout.split('\n').length]).toEqual([7, 5001]);
  const name = ['--name', nameOf('input')];
  const absent = await project.kdev(['run', ...name, ...target, baseImage, '/none']);
  expect([absent.code, absent.stdout]).toEqual([127, '']);
  await allGone('input');
});

test('kdev run: signals are the program’s, and so is the end that it makes of them', async () => {
  const traps = 'trap "echo usr1" USR1; trap "echo told; exit 9" TERM INT; echo begun';
  const script = `${traps}; while :; do sleep 0.1; done`;
  const end = async (signal: NodeJS.Signals) => {
    const name = `on-${signal.toLowerCase()}`;
    const running = project.start(shell(name, script), runs);
    await running.says('begun', saysMs);
    running.kill('SIGUSR1');
    await running.says('usr1', saysMs);
    running.kill(signal);
    const { code, stdout } = await running.ended;
    expect([signal, code, stdout]).toEqual([signal, 9, expect.stringContaining('told')]);
    await allGone(name);
  };
  await end('SIGTERM');
  await end('SIGINT');
});

test('kdev run -it: a terminal, of the size of ours; detached from it runs on until kdev stop', async () => {
  const name = nameOf('terminal');
  const words = ['run', '--name', name, ...target, '--incoming', 'steal', '--rm', '-it'];
  const running = project.startOnTerminal([...words, baseImage, 'sh'], runs);
  try {
    await running.says(`${name} answers for deployment/orders:8080`, saysMs);
    running.type('echo $((40+2))of-it\r');
    await running.says('42of-it', saysMs);
    const [pts = ''] = (await run('ps', ['-o', 'tty=', '-p', await kdevOn(running)])).split('\n');
    await run('stty', ['-F', `/dev/${pts.trim()}`, 'rows', '33', 'cols', '77']);
    await eventually('the terminal has the size', { deadlineMs: saysMs }, async () => {
      running.type('stty size\r');
      await running.says('33 77', 2_000);
    });
    running.type('echo asl""eep; sleep 1000\r');
    await running.says('asleep', saysMs);
    running.type('\u0003');
    await eventually('Ctrl-C was the program’s', { deadlineMs: saysMs }, async () => {
      running.type('echo $((40+3))of-it\r');
      await running.says('43of-it', 2_000);
    });
    running.type('\u0010\u0011');
    expect((await running.ended).code).toBe(0);
    const { stdout } = await project.kdev(['exec', name, 'sh', '-c', 'echo still here']);
    expect(stdout).toBe('still here\n');
  } finally {
    running.killGroup('SIGKILL');
  }
  expect((await project.kdev(['stop', name])).code).toBe(0);
  await allGone('terminal');
});

/** The process of kdev that has the terminal. */
async function kdevOn(running: RunningCommand): Promise<string> {
  const children = await run('ps', ['-o', 'pid=', '--ppid', String(running.pid)]);
  return children.trim();
}

test('kdev run -d: its id is printed, and with --rm all of it goes with the program', async () => {
  const [words, script] = [shell('detached', ''), 'while [ ! -e /over ]; do sleep 0.1; done'];
  const cidFile = path.join(project.folder, 'cid');
  const options = ['-d', '--rm', '--cidfile', cidFile];
  const { code, stdout } = await project.kdev([
    ...words.slice(0, 1),
    ...options,
    ...words.slice(1, -1),
    script,
  ]);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f]{64}\n$/)]);
  expect(`${await readFile(cidFile, 'utf8')}\n`).toBe(stdout);
  expect((await project.kdev(['exec', nameOf('detached'), 'touch', '/over'])).code).toBe(0);
  await allGone('detached');
});
