import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { IncomingMode } from '../../src/protocol/launch.ts';
import type { Greeting } from './sidecar-behaviours.ts';
import { SERVICE4 } from './sidecar-networks.ts';
import type { Program } from './sidecar-process.ts';
import type { Commands } from './sidecar-program.ts';
import { retry, SidecarWorld } from './sidecar-world.ts';

let world: SidecarWorld;
let service: Program<Commands>;
const listening: { address: string; port: number }[] = [];

beforeAll(async () => {
  world = await SidecarWorld.build({
    incoming: {
      mode: 'steal',
      ports: [
        { target: 80, service: 3000 },
        { target: 81, service: 3001 },
      ],
      flush: false,
    },
  });
  service = world.start(world.networks.service);
});

afterEach(async () => {
  for (const at of listening.splice(0)) await service.call('unserve', at);
  await announced([]);
});

afterAll(() => world?.demolish());

async function listen(address: string, port: number, how: 'greet' | 'digest' | 'bye' = 'greet') {
  listening.push({ address, port });
  await service.call('serve', { address, port, how, where: address });
}

/** The agent was told of these target ports. */
const announced = (ports: readonly number[]) =>
  retry(Date.now() + 3_000, async () => {
    expect((await world.agent.call('incoming', undefined))?.ports).toEqual(ports);
  });

const from = (address: string, port: number, mode: Exclude<IncomingMode, 'off'> = 'steal') =>
  ({
    kind: 'incoming.tcp',
    mode,
    from: { address, port },
    to: { address: '10.244.0.7', port: 80 },
  }) as const;

async function greeting(info: ReturnType<typeof from>): Promise<Greeting | string> {
  const { code, answer } = await world.agent.call('deliver', { info, send: '' });
  return code || JSON.parse(answer);
}

test('scenario 3: ports are announced while the service listens on them', async () => {
  await announced([]);
  await listen('0.0.0.0', 3000);
  await announced([80]);
  await listen('127.0.0.1', 3001);
  await announced([80, 81]);
  await service.call('unserve', { address: '0.0.0.0', port: 3000 });
  await announced([81]);
  expect((await world.status()).incoming).toMatchObject({
    mode: 'steal',
    listening: [3001],
    ports: [81],
  });
});

test.each([
  ['every address', '0.0.0.0', '203.0.113.7'],
  ['loopback only', '127.0.0.1', '10.244.3.9'],
  ['every address of both families', '::', '203.0.113.8'],
])(
  'scenario 11: the service on %s sees the client’s address and port',
  async (_, address, client) => {
    await listen(address, 3000);
    await announced([80]);
    const seen = await greeting(from(client, 40_123));
    expect(seen).toMatchObject({ where: address, peer: { port: 40_123 } });
    expect((seen as Greeting).peer.address.replace('::ffff:', '')).toBe(client);
  },
);

test('scenario 11: over IPv6 too', async () => {
  await listen('::1', 3000);
  await announced([80]);
  expect(await greeting(from('2001:db8::7', 40_124))).toMatchObject({
    peer: { address: '2001:db8::7', port: 40_124 },
  });
  // Of another family than the listener: delivered, though the client cannot be shown.
  expect(await greeting(from('203.0.113.7', 40_125))).toMatchObject({ peer: { address: '::1' } });
});

test('a service on its own address alone is reached there', async () => {
  await listen(SERVICE4, 3000);
  await announced([80]);
  expect(await greeting(from('203.0.113.7', 40_126))).toMatchObject({
    where: SERVICE4,
    peer: { address: '203.0.113.7', port: 40_126 },
  });
});

test('a client’s port that is taken here is replaced, its address stays', async () => {
  await listen('0.0.0.0', 3000);
  await announced([80]);
  const info = from('203.0.113.7', 40_127);
  const first = world.agent.call('deliver', { info, send: '', keepOpen: true });
  await delay(100);
  const second = (await greeting(info)) as Greeting;
  expect(second.peer.address).toBe('203.0.113.7');
  expect(second.peer.port).not.toBe(40_127);
  expect((await first).code).toBe('');
});

test('half-close: the service answers behind the client’s end', async () => {
  await listen('127.0.0.1', 3000, 'digest');
  await announced([80]);
  const info = from('203.0.113.7', 40_128);
  const { answer } = await world.agent.call('deliver', { info, send: 'hello' });
  expect(answer).toMatch(/^5 [0-9a-f]{64}$/);
});

test('a reset of the client is one for the service', async () => {
  await listen('127.0.0.1', 3000);
  await announced([80]);
  const info = from('203.0.113.7', 40_129);
  await world.agent.call('deliver', { info, send: '', keepOpen: true });
  await retry(Date.now() + 2_000, async () =>
    expect((await service.call('endings', undefined)).at(-1)).toBe('ECONNRESET'),
  );
});

test('a service that stopped listening refuses before anything is accepted', async () => {
  const refused = await world.agent.call('deliver', { info: from('203.0.113.7', 1), send: '' });
  expect(refused.code).toBe('ECONNREFUSED');
  const other = { ...from('203.0.113.7', 1), to: { address: '10.244.0.7', port: 9 } };
  expect((await world.agent.call('deliver', { info: other, send: '' })).code).toBe('ECONNREFUSED');
});

test('mirror: the service gets the copy, its answer goes nowhere', async () => {
  await listen('127.0.0.1', 3000, 'bye');
  await announced([80]);
  const info = from('203.0.113.7', 40_130, 'mirror');
  const { code, answer } = await world.agent.call('deliver', { info, send: 'GET / HTTP/1.1' });
  expect({ code, answer }).toEqual({ code: '', answer: '' });
  await retry(Date.now() + 2_000, async () =>
    expect(await service.call('endings', undefined)).toContain('read 14'),
  );
});

test('the agent is told again when it is another one', async () => {
  await listen('0.0.0.0', 3000);
  await announced([80]);
  await world.replaceAgent();
  expect(await world.agent.call('incoming', undefined)).toBeUndefined();
  await world.connect();
  await announced([80]);
});

test('the agent’s notices are logged', async () => {
  await world.agent.call('notice', 'rules removed: no link for 1 s');
  await retry(Date.now() + 1_000, () => {
    expect(world.log.join('')).toContain('agent: rules removed: no link for 1 s');
    return Promise.resolve();
  });
});
