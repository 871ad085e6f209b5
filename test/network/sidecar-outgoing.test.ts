import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  BLACK_HOLE,
  CLUSTER4,
  CLUSTER6,
  DOCKER_HOST4,
  NEIGHBOUR4,
  NEIGHBOUR6,
  NO_ROUTE,
  SERVICE4,
  setHole,
  UNREACHABLE,
} from './sidecar-networks.ts';
import type { Program } from './sidecar-process.ts';
import type { Commands } from './sidecar-program.ts';
import { retry, SidecarWorld } from './sidecar-world.ts';

const MiB = 1024 * 1024;

let world: SidecarWorld;
let service: Program<Commands>;
let cluster: Program<Commands>;
let neighbour: Program<Commands>;

const cluster4 = (port: number) => ({ address: CLUSTER4, port });

const noneOpen = () =>
  retry(Date.now() + 3_000, async () => {
    expect((await world.status()).outgoing).toMatchObject({ open: 0, dialling: 0 });
  });

beforeAll(async () => {
  world = await SidecarWorld.build({ localNames: ['host.docker.internal'] });
  service = world.start(world.networks.service);
  cluster = world.start(world.networks.pod);
  neighbour = world.start(world.networks.network);
  await cluster.call('serve', { address: CLUSTER4, port: 80, how: 'greet', where: 'cluster' });
  await cluster.call('serve', { address: '127.0.0.1', port: 80, how: 'greet', where: 'pod' });
  await cluster.call('serve', { address: CLUSTER4, port: 81, how: 'reset' });
  await cluster.call('serve', { address: CLUSTER4, port: 82, how: 'digest' });
  await cluster.call('serve', { address: CLUSTER4, port: 83, how: 'bye' });
  await cluster.call('serve', { address: CLUSTER4, port: 84, how: 'slow' });
  await cluster.call('serve', { address: CLUSTER4, port: 86, how: 'cut' });
  await cluster.call('serve', { address: CLUSTER4, port: 88, how: 'late' });
  await cluster.call('serve', { address: CLUSTER4, port: 87, how: 'hasty' });
  for (const address of [CLUSTER4, CLUSTER6, DOCKER_HOST4, NEIGHBOUR4, NEIGHBOUR6]) {
    await neighbour.call('serve', { address, port: 80, how: 'greet', where: `near ${address}` });
  }
});

afterAll(() => world?.demolish());

test('scenario 17: a connect to the cluster leaves from the pod, and both ends see true addresses', async () => {
  const { code, greeting } = await service.call('greet', { to: cluster4(80) });
  expect(code).toBe('');
  expect(greeting?.where).toBe('cluster');
  expect(greeting?.local).toEqual(cluster4(80));
  expect(greeting?.peer.address).toBe(CLUSTER4); // the pod's own address towards itself
});

test('what is local stays: loopback, own address, neighbours, and the addresses of local names', async () => {
  await service.call('serve', { address: '0.0.0.0', port: 80, how: 'greet', where: 'service' });
  const near = [
    ['127.0.0.1', 'service'],
    [SERVICE4, 'service'],
    [NEIGHBOUR4, `near ${NEIGHBOUR4}`],
    [NEIGHBOUR6, `near ${NEIGHBOUR6}`],
    [DOCKER_HOST4, `near ${DOCKER_HOST4}`],
  ] as const;
  for (const [address, where] of near) {
    const { greeting } = await service.call('greet', { to: { address, port: 80 } });
    expect(greeting?.where).toBe(where);
  }
  await service.call('unserve', { address: '0.0.0.0', port: 80 });
});

test('published ports: what comes from outside is answered, and stays open', async () => {
  await service.call('serve', { address: '0.0.0.0', port: 8080, how: 'greet', where: 'service' });
  const to = { address: SERVICE4, port: 8080 };
  const { greeting } = await neighbour.call('greet', { to });
  expect(greeting?.where).toBe('service');
  const echoed = await neighbour.call('echo', { to, bytes: MiB });
  expect(echoed).toMatchObject({ ending: 'end', equal: true });
});

test('scenario 18: connect() fails with the agent’s errno, at once', async () => {
  const failures = [
    [cluster4(4), 'ECONNREFUSED'],
    [{ address: UNREACHABLE, port: 80 }, 'EHOSTUNREACH'],
    [{ address: NO_ROUTE, port: 80 }, 'ENETUNREACH'],
  ] as const;
  for (const [to, code] of failures) {
    const outcome = await service.call('greet', { to });
    expect(outcome.code).toBe(code);
    expect(outcome.ms).toBeLessThan(900);
  }
  expect((await world.status()).lastError).toMatchObject({
    name: 'outgoing',
    text: `${NO_ROUTE}:80: ENETUNREACH`,
  });
});

test('scenario 18: a black hole is silence, and giving up cancels the dial', async () => {
  const to = { address: BLACK_HOLE, port: 80 };
  expect((await service.call('greet', { to, timeoutMs: 1_500 })).code).toBe('ETIMEDOUT');
  await retry(Date.now() + 10_000, async () => {
    expect((await world.agent.call('dials', undefined)).at(-1)).toEqual({
      to,
      outcome: 'ECANCELED',
    });
    expect((await world.status()).outgoing.dialling).toBe(0);
  });
});

test('a slow dial is waited for, and a connect that is still wanted is not cancelled', async () => {
  setHole(world.networks.pod, 'closed');
  const connecting = service.call('greet', { to: { address: BLACK_HOLE, port: 80 } });
  await cluster.call('serve', { address: BLACK_HOLE, port: 80, how: 'greet', where: 'late' });
  await delay(2_500);
  setHole(world.networks.pod, 'open');
  const { code, greeting, ms } = await connecting;
  expect(code).toBe('');
  expect(greeting?.where).toBe('late');
  expect(ms).toBeGreaterThan(2_500);
  await noneOpen();
  await cluster.call('unserve', { address: BLACK_HOLE, port: 80 });
  setHole(world.networks.pod, 'closed');
});

test('scenario 18: reset after accept is a connection, then ECONNRESET', async () => {
  expect(await service.call('ending', { to: cluster4(81) })).toMatchObject({
    code: '',
    ending: 'ECONNRESET',
  });
});

test('a reset never looks like an end, not with an answer under way, nor before anything was said', async () => {
  for (const port of [86, 87]) {
    const endings = await service.call('endingsOf', { to: cluster4(port), count: 100 });
    expect(endings).toEqual({ ECONNRESET: 100 });
  }
  await noneOpen();
});

test('one source port towards two destinations are two connections', async () => {
  const from = { address: SERVICE4, port: 40_123 };
  await cluster.call('serve', { address: CLUSTER4, port: 85, how: 'greet', where: 'other' });
  const kept = await service.call('keep', { to: cluster4(80), from });
  const { greeting, code } = await service.call('greet', { to: cluster4(85), from });
  expect(kept.code).toBe('');
  expect(code).toBe('');
  expect(greeting?.where).toBe('other');
});

test('half-close: the service ends first, and gets the answer that comes behind', async () => {
  const { ending, answer, sent } = await service.call('send', { to: cluster4(82), bytes: 100_000 });
  expect(ending).toBe('end');
  expect(answer).toBe(`100000 ${sent}`);
});

test('half-close: the cluster ends first, and reads what the service sends behind', async () => {
  const { answer } = await service.call('sayLate', { to: cluster4(83), bytes: 100_000 });
  expect(answer).toBe('bye');
  await retry(Date.now() + 2_000, async () =>
    expect(await cluster.call('endings', undefined)).toContain('read 100000'),
  );
});

test('10 MiB of random bytes come back as they went', async () => {
  const { ending, equal } = await service.call('echo', { to: cluster4(80), bytes: 10 * MiB });
  expect({ ending, equal }).toEqual({ ending: 'end', equal: true });
});

test('a reader that does not read holds the sender back, not the bytes in memory', async () => {
  const before = (await world.status()).rssBytes;
  const sending = service.call('send', { to: cluster4(88), bytes: 200 * MiB });
  await delay(3_000);
  expect((await world.status()).rssBytes - before).toBeLessThan(64 * MiB);
  expect((await service.call('greet', { to: cluster4(80) })).code).toBe('');
  const { ending, answer, sent } = await sending;
  expect(ending).toBe('end');
  expect(answer).toBe(`${200 * MiB} ${sent}`);
});

test('scenario 23: a thousand connects in a burst, none fails', async () => {
  const { outcomes } = await service.call('burst', { to: cluster4(80), count: 1_000 });
  expect(outcomes).toEqual({ end: 1_000 });
  await retry(Date.now() + 3_000, async () => {
    const { open, dialling } = (await world.status()).outgoing;
    expect({ open, dialling }).toEqual({ open: 1, dialling: 0 }); // the kept one
  });
});

test('IPv6 of a Docker network that has it: to the cluster it leaves from the pod, never by the network', async () => {
  await cluster.call('serve', { address: CLUSTER6, port: 80, how: 'greet', where: 'cluster' });
  const v6 = await service.call('greet', { to: { address: CLUSTER6, port: 80 } });
  expect(v6.greeting).toMatchObject({ where: 'cluster', local: { address: CLUSTER6, port: 80 } });
});

test('what is neither TCP nor UDP is refused, counted and named', async () => {
  const raw = world.start(world.networks.service, ['net_raw']);
  for (const address of [CLUSTER4, CLUSTER6]) {
    expect(await raw.call('sendRaw', address)).toBe('EPERM');
  }
  await retry(Date.now() + 10_000, async () => {
    expect((await world.status()).outgoing.refused).toBeGreaterThanOrEqual(2);
    expect(world.said('refused')).toContain('packets of other protocols than TCP and UDP');
  });
});

test('the link is lost in a transfer: not a byte is', async () => {
  const sending = service.call('send', { to: cluster4(84), bytes: 4 * MiB });
  await delay(500);
  world.cut();
  await delay(1_000);
  await world.connect();
  const { ending, answer, sent } = await sending;
  expect(ending).toBe('end');
  expect(answer).toBe(`${4 * MiB} ${sent}`);
  expect((await world.status()).link.resumed).toBeGreaterThan(0);
});

test('a connect while the link is away waits for it', async () => {
  world.cut();
  const connecting = service.call('greet', { to: cluster4(80) });
  await delay(1_000);
  await world.connect();
  const { code, ms } = await connecting;
  expect(code).toBe('');
  expect(ms).toBeGreaterThan(900);
});

test('another agent in the first one’s place: open connections are reset, new ones work', async () => {
  const { code } = await service.call('keep', { to: cluster4(80) });
  expect(code).toBe('');
  await world.replaceAgent();
  await world.connect();
  expect(await service.call('keptEnding', undefined)).toBe('ECONNRESET');
  expect((await service.call('greet', { to: cluster4(80) })).greeting?.where).toBe('cluster');
});

test('the sidecar idles', async () => {
  const ticks = () => {
    const stat = readFileSync(`/proc/${world.sidecarPid}/stat`, 'latin1').split(') ')[1] ?? '';
    const fields = stat.split(' ');
    return Number(fields[11]) + Number(fields[12]);
  };
  const before = ticks();
  await delay(5_000);
  expect(ticks() - before).toBeLessThanOrEqual(10); // of 500: 2 % of one processor, timers of the test run among it
});
