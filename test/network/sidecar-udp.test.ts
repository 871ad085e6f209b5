import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLUSTER4, NEIGHBOUR4, NO_ROUTE, run, SERVICE4, UNREACHABLE } from './sidecar-networks.ts';
import type { Program } from './sidecar-process.ts';
import type { Commands } from './sidecar-program.ts';
import { retry, SidecarWorld } from './sidecar-world.ts';

let world: SidecarWorld;
let service: Program<Commands>;
let cluster: Program<Commands>;
let neighbour: Program<Commands>;

/** More addresses of the cluster. */
const PEERS = [CLUSTER4, '10.96.0.11', '10.96.0.12'] as const;
const at = (address: string, port: number) => ({ address, port });

beforeAll(async () => {
  world = await SidecarWorld.build();
  service = world.start(world.networks.service);
  cluster = world.start(world.networks.pod);
  neighbour = world.start(world.networks.network);
  for (const peer of PEERS.slice(1)) {
    run('ip', '-n', world.networks.pod, 'address', 'add', `${peer}/32`, 'dev', 'lo');
  }
  for (const address of PEERS) {
    await cluster.call('serveUdp', { address, port: 4_433, how: 'echo' });
    await cluster.call('serveUdp', { address, port: 3_478, how: 'whom' });
    await cluster.call('serveUdp', { address, port: 7_000, how: 'digest' });
  }
});

afterAll(() => world?.demolish());

test('scenario 19: connected, unconnected and empty datagrams are answered by their true peers, in order', async () => {
  await service.call('openUdp', { name: 'connected', connectTo: at(CLUSTER4, 4_433) });
  const texts = Array.from({ length: 50 }, (_, n) => `datagram ${n}`);
  expect((await service.call('sendUdp', { name: 'connected', texts })).codes).toEqual([]);
  const { messages } = await service.call('heard', { name: 'connected', messages: 50 });
  expect(messages.map(({ text }) => text)).toEqual(texts);
  expect(new Set(messages.map(({ from }) => from))).toEqual(new Set([`${CLUSTER4}:4433`]));

  await service.call('openUdp', { name: 'free' });
  await service.call('sendUdp', {
    name: 'free',
    to: at(CLUSTER4, 4_433),
    texts: ['one', '', 'three'],
  });
  const free = await service.call('heard', { name: 'free', messages: 3 });
  expect(free.messages.map(({ text }) => text)).toEqual(['one', '', 'three']);
  expect(free.errors).toEqual([]);
});

test('scenario 19: one socket has one port towards three peers, and hears whoever learned of it', async () => {
  await service.call('openUdp', { name: 'three' });
  for (const peer of PEERS) {
    await service.call('sendUdp', { name: 'three', to: at(peer, 3_478), texts: ['whom?'] });
  }
  const { messages } = await service.call('heard', { name: 'three', messages: 3 });
  expect(messages.map(({ from }) => from).sort()).toEqual(PEERS.map((peer) => `${peer}:3478`));
  expect(new Set(messages.map(({ text }) => text.split(':')[1])).size).toBe(1);
  const port = Number(messages[0]?.text.split(':')[1]);
  await cluster.call('openUdp', { name: 'stranger', address: PEERS[2] });
  await cluster.call('sendUdp', { name: 'stranger', to: at(CLUSTER4, port), texts: ['unasked'] });
  const unasked = await service.call('heard', { name: 'three', messages: 1 });
  const strangerPort = await cluster.call('udpPort', { name: 'stranger' });
  expect(unasked.messages).toMatchObject([
    { text: 'unasked', from: `${PEERS[2]}:${strangerPort}` },
  ]);
});

test('a service that has bound the port of its peer hears it all the same', async () => {
  await service.call('openUdp', { name: 'bound', address: '0.0.0.0', port: 4_433 });
  await service.call('sendUdp', { name: 'bound', to: at(CLUSTER4, 4_433), texts: ['same'] });
  const { messages } = await service.call('heard', { name: 'bound', messages: 1 });
  expect(messages).toMatchObject([{ text: 'same', from: `${CLUSTER4}:4433` }]);
  await service.call('closeUdp', { name: 'bound' });
});

test('scenario 19: large datagrams arrive whole, up to the largest that there is', async () => {
  await service.call('openUdp', { name: 'large', connectTo: at(CLUSTER4, 7_000) });
  for (const bytes of [1_472, 1_473, 9_000, 60_000, 65_507]) {
    const { sha256 } = await service.call('sendUdp', { name: 'large', bytes });
    const { messages } = await service.call('heard', { name: 'large', messages: 1 });
    expect(messages.map(({ text }) => text)).toEqual([`${bytes} ${sha256}`]);
  }
  await service.call('openUdp', { name: 'whole', connectTo: at(CLUSTER4, 4_433) });
  const { sha256 } = await service.call('sendUdp', { name: 'whole', bytes: 60_000 });
  const { messages } = await service.call('heard', { name: 'whole', messages: 1 });
  expect(messages).toMatchObject([{ length: 60_000, sha256 }]);
});

test('scenario 19: what is sent in one segmented call (GSO) arrives as its datagrams', async () => {
  await service.call('openUdp', {
    name: 'segments',
    segmentBytes: 1_200,
    connectTo: at(CLUSTER4, 4_433),
  });
  await service.call('sendUdp', { name: 'segments', bytes: 10 * 1_200 + 7 });
  const { messages } = await service.call('heard', { name: 'segments', messages: 11 });
  expect(messages.map(({ length }) => length)).toEqual([...Array<number>(10).fill(1_200), 7]);
});

test('scenario 19: an ICMP error at the agent fails the service’s socket with its errno, and no other', async () => {
  const failures = [
    [at(CLUSTER4, 9), 'ECONNREFUSED'],
    [at(UNREACHABLE, 9), 'EHOSTUNREACH'],
    [at(NO_ROUTE, 9), 'ENETUNREACH'],
  ] as const;
  await service.call('openUdp', { name: 'beside', connectTo: at(CLUSTER4, 4_433) });
  for (const [to, code] of failures) {
    await service.call('openUdp', { name: code, connectTo: to });
    await service.call('sendUdp', { name: code, texts: ['?'] });
    expect(await service.call('heard', { name: code, errors: 1 })).toEqual({
      messages: [],
      errors: [expect.stringContaining(code)],
    });
    await service.call('closeUdp', { name: code });
  }
  await service.call('sendUdp', { name: 'beside', texts: ['still here'] });
  const beside = await service.call('heard', { name: 'beside', messages: 1 });
  expect(beside.messages.map(({ text }) => text)).toEqual(['still here']);
  expect(beside.errors).toEqual([]);
  expect((await world.status()).udp.refused).toBe(3);
});

test('what is local stays: neighbours, loopback, multicast and broadcast', async () => {
  await neighbour.call('serveUdp', { address: NEIGHBOUR4, port: 4_433, how: 'whom' });
  await service.call('openUdp', { name: 'near', connectTo: at(NEIGHBOUR4, 4_433) });
  await service.call('sendUdp', { name: 'near', texts: ['whom?'] });
  const near = await service.call('heard', { name: 'near', messages: 1 });
  expect(near.messages[0]?.text).toContain(`${SERVICE4}:`);
  await service.call('serveUdp', { address: '127.0.0.1', port: 4_434, how: 'echo' });
  await service.call('openUdp', { name: 'loop', connectTo: at('127.0.0.1', 4_434) });
  const { sent } = (await world.status()).udp;
  await service.call('sendUdp', { name: 'loop', texts: ['here'] });
  expect((await service.call('heard', { name: 'loop', messages: 1 })).messages).toHaveLength(1);
  for (const address of ['224.0.0.251', '10.88.0.255']) {
    await service.call('openUdp', { name: address });
    await service.call('sendUdp', { name: address, to: at(address, 5_353), texts: ['all?'] });
  }
  expect((await world.status()).udp.sent).toBe(sent);
});

test('published ports: a datagram from outside is answered', async () => {
  await service.call('serveUdp', { address: '0.0.0.0', port: 8_080, how: 'echo' });
  await neighbour.call('openUdp', { name: 'outside', connectTo: at(SERVICE4, 8_080) });
  await neighbour.call('sendUdp', { name: 'outside', texts: ['in'] });
  const { messages } = await neighbour.call('heard', { name: 'outside', messages: 1 });
  expect(messages).toMatchObject([{ text: 'in', from: `${SERVICE4}:8080` }]);
});

test('scenario 23: many sockets at once: each is answered', async () => {
  const count = 300;
  for (let n = 0; n < count; n++) {
    await service.call('openUdp', { name: `many ${n}`, connectTo: at(CLUSTER4, 4_433) });
    await service.call('sendUdp', { name: `many ${n}`, texts: [`${n}`] });
  }
  for (let n = 0; n < count; n++) {
    const { messages } = await service.call('heard', { name: `many ${n}`, messages: 1 });
    expect(messages.map(({ text }) => text)).toEqual([`${n}`]);
  }
  expect((await world.agent.call('udp', undefined)).flows).toBeGreaterThanOrEqual(count);
});

test('the link is away for more than the queue holds: the newest arrive, the others are counted', async () => {
  await service.call('openUdp', { name: 'many', connectTo: at(CLUSTER4, 4_433) });
  const before = (await world.status()).udp;
  world.cut();
  const texts = Array.from({ length: 3_000 }, (_, n) => `${n}`.padEnd(1_000));
  for (let n = 0; n < texts.length; n += 100) {
    await service.call('sendUdp', { name: 'many', texts: texts.slice(n, n + 100) });
  }
  await retry(Date.now() + 10_000, async () => {
    const { sent, dropped } = (await world.status()).udp;
    expect(sent + dropped - before.sent - before.dropped).toBe(texts.length);
  });
  const { sent, dropped } = (await world.status()).udp;
  expect(dropped - before.dropped).toBeGreaterThan(1_000);
  await world.connect();
  const expected = sent - before.sent;
  const { messages } = await service.call('heard', { name: 'many', messages: expected });
  expect(messages.map(({ text }) => Number(text))).toEqual(
    Array.from({ length: expected }, (_, n) => texts.length - expected + n),
  );
});

test('the link is away: datagrams wait for it; with another agent the same socket goes on', async () => {
  await service.call('openUdp', { name: 'patient', connectTo: at(CLUSTER4, 4_433) });
  world.cut();
  await service.call('sendUdp', { name: 'patient', texts: ['wait', 'for', 'me'] });
  await delay(300);
  await world.connect();
  const { messages } = await service.call('heard', { name: 'patient', messages: 3 });
  expect(messages.map(({ text }) => text)).toEqual(['wait', 'for', 'me']);
  await world.replaceAgent();
  await world.connect();
  await retry(Date.now() + 10_000, async () => {
    await service.call('sendUdp', { name: 'patient', texts: ['again'] });
    const again = await service.call('heard', { name: 'patient', messages: 1, waitMs: 500 });
    expect(again.messages[0]?.text).toBe('again');
  });
});
