import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLUSTER4, NEIGHBOUR4, run, SERVICE4 } from './sidecar-networks.ts';
import type { Program } from './sidecar-process.ts';
import type { Commands } from './sidecar-program.ts';
import { retry, SidecarWorld } from './sidecar-world.ts';

/** What is left when the sidecar is gone: the service fails clearly, and never meets the developer's own network. */
let world: SidecarWorld;
let service: Program<Commands>;
let neighbour: Program<Commands>;
const to = { address: CLUSTER4, port: 80 };

beforeAll(async () => {
  world = await SidecarWorld.build();
  service = world.start(world.networks.service);
  neighbour = world.start(world.networks.network);
  const docker = world.start(world.networks.service);
  const cluster = world.start(world.networks.pod);
  await cluster.call('serve', { ...to, how: 'greet', where: 'cluster' });
  await neighbour.call('serve', { ...to, how: 'greet', where: 'wrong world' });
  await neighbour.call('serve', {
    address: NEIGHBOUR4,
    port: 80,
    how: 'greet',
    where: 'neighbour',
  });
  await neighbour.call('serveDns', { address: CLUSTER4, everything: '203.0.113.66' });
  await docker.call('serveDocker', { names: { postgres: '203.0.113.66' }, upstream: CLUSTER4 });
  await world.agent.call('zone', {
    postgres: { rcode: 0, records: [{ type: 1, data: '0a60000a' }] },
  });
  await service.call('serve', { address: '0.0.0.0', port: 8080, how: 'greet', where: 'service' });
});

afterAll(() => world?.demolish());

const lookUp = async (server: string) =>
  (await service.call('resolve', { name: 'postgres', type: 'A', server })).answer;

async function itWorks() {
  expect((await service.call('greet', { to })).greeting?.where).toBe('cluster');
  expect(await lookUp('127.0.0.11')).toEqual(['10.96.0.10']);
}

async function itFailsClearly() {
  const { code, ms } = await service.call('greet', { to });
  expect(code).toBe('EHOSTUNREACH');
  expect(ms).toBeLessThan(900);
  for (const server of ['127.0.0.11', CLUSTER4]) expect(await lookUp(server)).toBe('ECONNREFUSED');
  expect(await service.call('datagram', { to, connected: true })).toBe('EPERM');
  // What never went through the sidecar goes on.
  const near = { address: NEIGHBOUR4, port: 80 };
  expect((await service.call('greet', { to: near })).greeting?.where).toBe('neighbour');
  const published = { address: SERVICE4, port: 8080 };
  expect((await neighbour.call('greet', { to: published })).greeting?.where).toBe('service');
}

test('health says what is missing, or nothing', async () => {
  expect(await world.ask('health')).toEqual({ code: 0, out: '' });
  const { code, out } = await world.ask('status');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ missing: [], link: { state: 'up' }, protocol: 2 });
  world.cut();
  await retry(Date.now() + 3_000, async () => {
    const ill = await world.ask('health');
    expect(ill.code).toBe(1);
    expect(ill.out).toContain('no link to the agent: ');
  });
  await world.connect();
});

test('SIGKILL: open connections are reset, not ended; new ones and lookups fail at once', async () => {
  await itWorks();
  expect((await service.call('keep', { to })).code).toBe('');
  await world.stopSidecar('SIGKILL');
  expect(await service.call('keptEnding', undefined)).toBe('ECONNRESET');
  await itFailsClearly();
  const gone = await world.ask('health');
  expect(gone.code).toBe(1);
  expect(gone.out.trim()).toBe('the sidecar does not answer');
});

test('the next sidecar takes over from the dead one', async () => {
  world.startSidecar({});
  await world.connect();
  await itWorks();
});

test('a connect that is held when the sidecar dies fails when its SYN comes again', async () => {
  process.kill(world.agent.pid, 'SIGSTOP');
  const connecting = service.call('greet', { to });
  await delay(300);
  await world.stopSidecar('SIGKILL');
  process.kill(world.agent.pid, 'SIGCONT');
  const { code, ms } = await connecting;
  expect(code).toBe('EHOSTUNREACH');
  expect(ms).toBeLessThan(4_000);
});

test('SIGTERM: the sidecar leaves properly, and the same holds', async () => {
  world.startSidecar({});
  await world.connect();
  await itWorks();
  expect(await world.stopSidecar('SIGTERM')).toBe(0);
  await itFailsClearly();
});

test('without a link the sidecar leaves at once', async () => {
  world.startSidecar({});
  await world.connect();
  world.cut();
  await retry(Date.now() + 3_000, async () => {
    expect((await world.status()).link.state).toBe('resuming');
  });
  const started = Date.now();
  expect(await world.stopSidecar('SIGTERM')).toBe(0);
  expect(Date.now() - started).toBeLessThan(3_000);
});

test('without a link for long, connects find no network; lookups SERVFAIL', async () => {
  world.startSidecar({});
  await world.connect();
  world.cut();
  await delay(10_500);
  const { code, ms } = await service.call('greet', { to });
  expect(code).toBe('ENETUNREACH');
  expect(ms).toBeLessThan(900);
  expect(await lookUp('127.0.0.11')).toBe('ESERVFAIL');
  await world.connect();
  await itWorks();
});

test('a second sidecar in the same namespace says that it cannot', async () => {
  const { code, out } = await world.runSecond();
  expect(code).toBe(1);
  expect(JSON.parse(out.trim().split('\n').at(-1) ?? '').fatal).toContain('EADDRINUSE');
  await itWorks();
});

test('nothing of this is left in the kernel’s tables of others', () => {
  const tables = run('ip', 'netns', 'exec', world.networks.service, 'nft', 'list', 'tables');
  expect(tables.split('\n').sort()).toEqual([
    'table inet kdev',
    'table inet kdev_datagrams',
    'table inet kdev_queue',
  ]);
});
