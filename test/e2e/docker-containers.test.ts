import { afterEach, beforeAll, expect, inject, test } from 'vitest';
import { listContainers } from '../../src/docker/containers.ts';
import { connectEngine, type Engine } from '../../src/docker/engine.ts';
import { removeProject } from '../../src/docker/leftovers.ts';
import { ensureVolume, inMemory, listVolumes } from '../../src/docker/volumes.ts';
import { type ContainerEvent, watchContainers } from '../../src/docker/watch-containers.ts';
import { run } from '../run/shell.ts';

const project = 'kdev-e2e-docker-room';
const session = 'e2edockerrm';
let engine: Engine;

beforeAll(async () => {
  engine = await connectEngine();
});
afterEach(async () => {
  await removeProject(engine, { project, graceSeconds: 0, lateMs: 0 });
});

async function start(
  name: string,
  labels: Readonly<Record<string, string>>,
  more: string[] = ['--network=none'],
) {
  const all = Object.entries({ 'com.docker.compose.project': project, ...labels });
  const flags = all.flatMap(([label, value]) => ['--label', `${label}=${value}`]);
  const { image } = inject('ground');
  const named = ['--name', `${project}-${name}`, '--init'];
  return await run('docker', [
    'run',
    '--detach',
    ...named,
    ...flags,
    ...more,
    image,
    'sleep',
    '600',
  ]);
}

const ours = (part: string) => ({
  'kdev.dev/session': session,
  'kdev.dev/project': project,
  'kdev.dev/service': 'orders',
  'kdev.dev/part': part,
});

test('containers are told apart by their labels', async () => {
  const holder = await start('net', ours('holder'));
  const joined = ['--network', `container:${holder}`];
  await start('orders', { 'com.docker.compose.service': 'orders' }, joined);
  const facts = await listContainers(engine, { 'com.docker.compose.project': project });
  const brief = facts.map(({ name, part, service, session: of, networkOf, isRunning }) => ({
    ...{ name, part, service, of, networkOf, isRunning },
  }));
  expect(brief.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    {
      name: `${project}-net`,
      part: 'holder',
      service: 'orders',
      of: session,
      networkOf: undefined,
      isRunning: true,
    },
    {
      name: `${project}-orders`,
      part: 'user',
      service: 'orders',
      of: undefined,
      networkOf: holder,
      isRunning: true,
    },
  ]);
});

test('what happens to the project’s containers is heard, and nothing else', async () => {
  const heard: ContainerEvent[] = [];
  const stop = new AbortController();
  let listening: () => void = () => undefined;
  const isListening = new Promise<void>((resolve) => {
    listening = resolve;
  });
  const watch = { onEvent: (event: ContainerEvent) => heard.push(event), onListening: listening };
  const watching = watchContainers(engine, project, watch, stop.signal);
  await isListening;
  const id = await start('sidecar', ours('sidecar'));
  await run('docker', ['run', '--rm', '--network=none', inject('ground').image, 'true']);
  await run('docker', ['kill', id]);
  const told = () => heard.filter(({ action }) => action === 'start' || action === 'die');
  await expect.poll(() => told().length, { timeout: 5_000 }).toBe(2);
  expect(told()).toMatchObject([
    { action: 'start', id, part: 'sidecar', service: 'orders', exitCode: undefined },
    { action: 'die', id, part: 'sidecar', service: 'orders', exitCode: 137 },
  ]);
  stop.abort();
  await watching;
});

test('a project is removed with kdev’s volumes, and what is not its own stays', async () => {
  const labels = { 'kdev.dev/session': session, 'kdev.dev/project': project };
  const other = { name: `${project}-other`, labels: { 'kdev.dev/session': 'somebodyelse' } };
  await ensureVolume(engine, { name: `${project}-files`, labels, options: inMemory });
  await ensureVolume(engine, other);
  try {
    const mount = ['--network=none', '--volume', `${project}-files:/files`];
    await start('orders', { 'com.docker.compose.service': 'orders' }, mount);
    const { containers, volumes } = await removeProject(engine, {
      project,
      graceSeconds: 1,
      lateMs: 0,
    });
    expect([containers.map(({ name }) => name), volumes]).toEqual([
      [`${project}-orders`],
      [`${project}-files`],
    ]);
    expect(await listContainers(engine, { 'com.docker.compose.project': project })).toEqual([]);
    expect(await listVolumes(engine, labels)).toEqual([]);
    expect(await listVolumes(engine, other.labels)).toEqual([other.name]);
  } finally {
    await run('docker', ['volume', 'rm', other.name]);
  }
});

test('removing what is not there succeeds', async () => {
  await removeProject(engine, { project, graceSeconds: 10, lateMs: 0 });
});

test('a volume in memory is made once, and its place is told', async () => {
  const labels = { 'kdev.dev/session': session, 'kdev.dev/project': project };
  const volume = { name: `${project}-files`, labels, options: inMemory };
  const { mountpoint } = await ensureVolume(engine, volume);
  expect(mountpoint).toMatch(/kdev-e2e-docker-room-files\/_data$/);
  expect(await ensureVolume(engine, volume)).toEqual({ mountpoint });
  const { image } = inject('ground');
  const look = ['run', '--rm', '--network=none', '--volume', `${volume.name}:/files`, image];
  expect(await run('docker', [...look, 'stat', '-f', '-c', '%T', '/files'])).toBe('tmpfs');
});
