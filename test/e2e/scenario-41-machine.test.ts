import { chown, mkdir, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../run/shell.ts';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import type { RunningCommand } from './kdev-command.ts';
import { dockerThatHangs, dockerWithCompose } from './other-docker.ts';
import type { Project } from './project.ts';
import { expectError, expectPromptRefusals, expectRefusal, type Refusal } from './refusal.ts';
import { type PodClient, World } from './world.ts';

/** What this machine may be like: its Docker, its directories, its disks. */
let world: World;
let client: PodClient;
/** It takes half a minute, beside all others. */
let waiting: RunningCommand;

beforeAll(async () => {
  world = await World.open();
  const env = await dockerThatHangs(world.folder);
  const project = await world.project({ services: { orders } });
  waiting = project.start(['compose', 'up', '-d'], { env });
  [client] = await Promise.all([world.client(), world.deploy({ name: 'orders', language: 'c' })]);
});
afterAll(() => world[Symbol.asyncDispose]());
afterAll(expectPromptRefusals);

const xKdev = { target: 'deployment/orders', incoming: 'steal' };
const orders = composeApp({ language: 'c', xKdev });
const you = { actors: ['you can'] } as const;
const refused = (refusal: Refusal) => expectRefusal(world, refusal);

/** The shell runs this in a mount namespace of its own, and then kdev. */
const inMounts = (script: string) =>
  ['unshare', '--mount', 'sh', '-c', `${script}; exec "$@"`, 'sh'] as const;
const tmpfs = (place: string, options: string) => `mount -t tmpfs -o ${options} kdev-test ${place}`;
const fill = (place: string) => `dd if=/dev/zero of=${place}/filled 2>/dev/null`;
const runtime = '"$XDG_RUNTIME_DIR"';

test('scenario 41: Docker is not running', () =>
  refused({
    ...you,
    env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
    code: 'KDEV12001',
    exitCode: 120,
    says: ['/nowhere/docker.sock'],
  }));

test('scenario 41: a Docker context that does not exist is not blamed on the compose file', () =>
  refused({
    ...you,
    env: { DOCKER_CONTEXT: 'nope' },
    code: 'KDEV12001',
    exitCode: 120,
    says: ['nope', 'DOCKER_CONTEXT', 'docker context ls'],
  }));

test('scenario 41: Docker Compose is not installed', async () => {
  const empty = path.join(world.folder, 'empty-path');
  await mkdir(empty);
  await refused({ ...you, env: { PATH: empty }, code: 'KDEV12101', exitCode: 122, says: [] });
});

test('scenario 41: Docker Compose is too old', async () =>
  refused({
    ...you,
    env: await dockerWithCompose(world.folder, '2.20.3'),
    code: 'KDEV12102',
    exitCode: 122,
    says: ['Docker Compose is 2.20.3', '2.26'],
  }));

test('scenario 41: the Docker engine is too old', async () => {
  const old = createHttpServer((_, response) => {
    response.end(JSON.stringify({ Version: '24.0.7', ApiVersion: '1.43', Arch: 'amd64' }));
  });
  const socket = path.join(world.folder, 'old-engine.sock');
  await listen(old, socket);
  try {
    await refused({
      ...you,
      env: { DOCKER_HOST: `unix://${socket}` },
      code: 'KDEV12003',
      exitCode: 121,
      says: ['Docker Engine 24.0.7 is too old', 'API 1.43'],
    });
  } finally {
    old.close();
  }
});

test('scenario 41: who may not use the Docker engine', async () => {
  const closed = createServer();
  const socket = path.join(world.folder, 'closed.sock');
  await listen(closed, socket);
  await run('chmod', ['000', socket]);
  try {
    await refused({
      ...you,
      env: { DOCKER_HOST: `unix://${socket}` },
      // Root is let in everywhere by its capabilities alone.
      within: ['setpriv', '--inh-caps=-all', '--bounding-set=-all'],
      code: 'KDEV12002',
      exitCode: 120,
      says: ['you may not use the engine', 'usermod'],
    });
  } finally {
    closed.close();
  }
});

test('scenario 41: a mistake of kdev itself says that it is one', async () => {
  const mistake = path.join(world.folder, 'mistake.mjs');
  await writeFile(mistake, 'process.cwd = () => { throw new TypeError("planted") };');
  await refused({
    actors: ['kdev'],
    env: { NODE_OPTIONS: `--import=${mistake}` },
    code: 'KDEV9001',
    exitCode: 90,
    says: ['TypeError: planted', 'this is a bug'],
  });
});

test("scenario 41: a runtime directory with somebody else's folder in it", async () => {
  const folder = path.join(world.folder, 'shared');
  await mkdir(path.join(folder, 'kdev'), { recursive: true });
  await chown(path.join(folder, 'kdev'), 65_534, 65_534);
  await refused({
    ...you,
    env: { XDG_RUNTIME_DIR: folder },
    code: 'KDEV8001',
    exitCode: 80,
    says: [`${folder}/kdev belongs to somebody else`, 'set XDG_RUNTIME_DIR'],
  });
});

test.each([
  ['is full', `${tmpfs(runtime, 'size=64k,mode=700')}; ${fill(runtime)}`, 'no space left'],
  // The session's lock takes it.
  ['has room for one page', tmpfs(runtime, 'size=4k,mode=700'), 'no space left'],
  ['is read-only', tmpfs(runtime, 'ro,size=4k,mode=700'), 'read-only file system'],
])('scenario 41: the runtime directory %s', async (_, script, words) => {
  await refused({
    ...you,
    within: inMounts(script),
    code: 'KDEV8006',
    exitCode: 85,
    says: ['kdev cannot write to ', '/.run/kdev/', words, 'XDG_RUNTIME_DIR'],
  });
});

test('scenario 41: the memory that the project is handed over in is full', async () => {
  await refused({
    ...you,
    within: inMounts(`${tmpfs('/dev/shm', 'size=64k')}; ${fill('/dev/shm')}`),
    code: 'KDEV8006',
    exitCode: 85,
    says: ['kdev cannot write to /dev/shm/kdev-', 'no space left'],
    // The agent has to go again.
    isLate: true,
  });
});

test('scenario 41: what answers on the control socket is no session', async () => {
  const project = await world.project({ services: { orders } });
  const folder = path.join(project.runtimeFolder, 'kdev', project.name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const stranger = createServer((socket) => {
    // kdev gives it up in the middle of its words.
    socket.on('error', () => undefined);
    socket.end('SSH-2.0-OpenSSH_9.6\r\n');
  });
  await listen(stranger, path.join(folder, 'control.sock'));
  try {
    const ended = await project.kdev(['compose', 'up', '-d']);
    const says = ['no session of kdev', 'kdev clean'];
    expectError(ended, { ...you, code: 'KDEV8005', exitCode: 84, says });
    await project.nothingLeft(20_000);
  } finally {
    stranger.close();
  }
});

test('scenario 41: the session is killed while a command waits for it', async () => {
  const project = await world.project({ services: { orders } });
  const up = project.start(['compose', '--progress', 'json', 'up', '-d']);
  await up.says('"agent orders"', 20_000);
  process.kill(project.processId('__session'), 'SIGKILL');
  const says = ['the session ended while this command needed it', 'kdev compose up -d'];
  expectError(await up.ended, {
    ...you,
    actors: ['you can', 'kdev'],
    code: 'KDEV8002',
    exitCode: 81,
    says,
  });
  await project.nothingLeft(60_000);
});

test('a read-only home, no temporary directory and no runtime directory yet: all works', async () => {
  const project = await world.project({ services: { orders } });
  const env = {
    XDG_RUNTIME_DIR: path.join(project.runtimeFolder, 'not/yet'),
    TMPDIR: '/no/such/directory',
    XDG_CONFIG_HOME: '/no/such/config',
    XDG_CACHE_HOME: '/no/such/cache',
    XDG_STATE_HOME: '/no/such/state',
  };
  const within = inMounts(`${tmpfs('"$HOME"/.home', 'ro,size=4k')}; export HOME="$HOME"/.home`);
  await mkdir(path.join(project.folder, '.home'));
  await upAndDown(project, { env, within });
});

test('without HOME and XDG_RUNTIME_DIR: all works', async () => {
  const project = await world.project({ services: { orders } });
  await upAndDown(project, { env: { HOME: undefined, XDG_RUNTIME_DIR: undefined } });
});

test('scenario 41: a Docker that never answers', async () => {
  const says = ['docker compose', 'gave no answer within 30 s'];
  const ended = await waiting.ended;
  expectError(ended, { ...you, code: 'KDEV9002', exitCode: 91, says });
});

async function upAndDown(project: Project, options: Parameters<Project['start']>[1]) {
  const up = await project.kdev(['compose', 'up', '-d'], options);
  expect([up.code, up.output]).toEqual([0, expect.any(String)]);
  await eventually('the service answers', { deadlineMs: 20_000 }, async () => {
    expect((await client.request({ url: 'http://orders:8080/' })).body?.app).toBe('service');
  });
  const down = await project.kdev(['compose', 'down', '--timeout', '1'], options);
  expect([down.code, down.output]).toEqual([0, expect.any(String)]);
  await project.nothingLeft(20_000);
}

async function listen(server: Server, socket: string): Promise<void> {
  await new Promise<void>((resolve) => server.listen(socket, resolve));
}
