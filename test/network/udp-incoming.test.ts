import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from './sidecar-networks.ts';
import type { Program } from './sidecar-process.ts';
import type { Commands } from './sidecar-program.ts';
import { retry, SidecarWorld } from './sidecar-world.ts';

const TARGET = '10.77.0.2';
const CLIENT = '10.77.0.1';
const CLIENT_TOO = '10.88.0.77'; // lies in the service's own network
const PORT = 5_353;
const at = (address: string, port: number) => ({ address, port });

let world: SidecarWorld;
let target: Program<Commands>;
let service: Program<Commands>;
let client: Program<Commands>;

/** A world whose pod has a network with a client in it, and a target that echoes on a port. */
async function build(mode: 'steal' | 'mirror'): Promise<void> {
  world = await SidecarWorld.build({
    incoming: {
      mode,
      ports: [{ target: PORT, service: 4_000, transport: 'udp' }],
      flush: false,
    },
  });
  const { pod, network } = world.networks;
  const veth = ['type', 'veth', 'peer', 'name', 'pod', 'netns', network];
  run('ip', 'link', 'add', 'eth0', 'netns', pod, ...veth);
  run('ip', '-n', pod, 'address', 'add', `${TARGET}/24`, 'dev', 'eth0');
  run('ip', '-n', network, 'address', 'add', `${CLIENT}/24`, 'dev', 'pod');
  run('ip', '-n', network, 'address', 'add', `${CLIENT_TOO}/32`, 'dev', 'lo');
  run('ip', '-n', pod, 'link', 'set', 'eth0', 'up');
  run('ip', '-n', network, 'link', 'set', 'pod', 'up');
  run('ip', '-n', pod, 'route', 'add', 'default', 'via', CLIENT);
  [target, service, client] = [pod, world.networks.service, network].map((one) =>
    world.start(one),
  ) as [Program<Commands>, Program<Commands>, Program<Commands>];
  await target.call('serveUdp', { address: '0.0.0.0', port: PORT, how: 'whom' });
}

async function ask(name: string, bytes: number, to = at(TARGET, PORT)) {
  const { sha256 } = await client.call('sendUdp', { name, to, bytes });
  const { messages } = await client.call('heard', { name, messages: 1, waitMs: 3_000 });
  return { sha256, answer: messages[0] };
}

const intercepted = (ports: readonly number[]) =>
  retry(Date.now() + 10_000, async () => {
    expect((await world.status()).incoming.udp.ports).toEqual(ports);
  });

describe('steal', () => {
  beforeAll(async () => {
    await build('steal');
    await client.call('openUdp', { name: 'c', address: CLIENT, port: 6_000 });
  });
  afterAll(() => world?.demolish());

  test('incoming UDP: without a bound socket of the service the target answers', async () => {
    expect((await ask('c', 5)).answer?.text).toBe(`${CLIENT}:6000`);
    expect((await world.agent.call('incomingUdp', undefined)).ports).toEqual([]);
  });

  test('incoming UDP: the service answers in the target’s place, and sees the client’s address and port', async () => {
    await service.call('openUdp', { name: 's', address: '0.0.0.0', port: 4_000 });
    await intercepted([PORT]);
    const { sha256 } = await client.call('sendUdp', {
      name: 'c',
      to: at(TARGET, PORT),
      bytes: 900,
    });
    const { messages } = await service.call('heard', { name: 's', messages: 1 });
    expect(messages).toMatchObject([{ from: `${CLIENT}:6000`, sha256 }]);
    await service.call('sendUdp', { name: 's', to: at(CLIENT, 6_000), texts: ['answer'] });
    const back = await client.call('heard', { name: 'c', messages: 1 });
    expect(back.messages).toMatchObject([{ from: `${TARGET}:${PORT}`, text: 'answer' }]);
  });

  test('incoming UDP: empty and 60 KB datagrams, whichever way', async () => {
    for (const bytes of [0, 1, 1_472, 9_000, 60_000]) {
      const { sha256 } = await client.call('sendUdp', { name: 'c', to: at(TARGET, PORT), bytes });
      const { messages } = await service.call('heard', { name: 's', messages: 1 });
      expect(messages).toMatchObject([{ length: bytes, sha256 }]);
      const sent = await service.call('sendUdp', { name: 's', to: at(CLIENT, 6_000), bytes });
      const back = await client.call('heard', { name: 'c', messages: 1 });
      expect(back.messages).toMatchObject([{ length: bytes, sha256: sent.sha256 }]);
    }
  });

  test('incoming UDP: a client whose address lies in the service’s own network is answered too', async () => {
    await client.call('openUdp', { name: 'near', address: CLIENT_TOO, port: 6_001 });
    await client.call('sendUdp', { name: 'near', to: at(TARGET, PORT), texts: ['near'] });
    const { messages } = await service.call('heard', { name: 's', messages: 1 });
    expect(messages).toMatchObject([{ from: `${CLIENT_TOO}:6001`, text: 'near' }]);
    await service.call('sendUdp', { name: 's', to: at(CLIENT_TOO, 6_001), texts: ['back'] });
    const back = await client.call('heard', { name: 'near', messages: 1 });
    expect(back.messages).toMatchObject([{ from: `${TARGET}:${PORT}`, text: 'back' }]);
  });

  test('incoming UDP: from within the pod, over loopback', async () => {
    for (const address of ['127.0.0.1', TARGET]) {
      const name = `self ${address}`;
      await target.call('openUdp', { name });
      await target.call('sendUdp', { name, to: at(address, PORT), texts: ['self'] });
      const { messages } = await service.call('heard', { name: 's', messages: 1 });
      const [message] = messages;
      expect(message?.text).toBe('self');
      const port = Number(message?.from.split(':')[1]);
      await service.call('sendUdp', { name: 's', to: at(address, port), texts: ['back'] });
      const back = await target.call('heard', { name, messages: 1 });
      expect(back.messages).toMatchObject([{ from: `${address}:${PORT}`, text: 'back' }]);
    }
  });

  test('incoming UDP: the very next datagram is the target’s once the service has closed its socket', async () => {
    await service.call('closeUdp', { name: 's' });
    await intercepted([]);
    expect((await ask('c', 5)).answer?.text).toBe(`${CLIENT}:6000`);
  });

  test('incoming UDP: the agent is killed: the next datagram of the same flow is the target’s', async () => {
    await service.call('openUdp', { name: 's', address: '0.0.0.0', port: 4_000 });
    await intercepted([PORT]);
    await client.call('sendUdp', { name: 'c', to: at(TARGET, PORT), texts: ['stolen'] });
    expect((await service.call('heard', { name: 's', messages: 1 })).messages).toHaveLength(1);
    await world.agent.kill();
    expect((await ask('c', 5)).answer?.text).toBe(`${CLIENT}:6000`);
    expect(run('ip', 'netns', 'exec', world.networks.pod, 'nft', 'list', 'tables')).not.toContain(
      'kdev',
    );
  });
});

describe('mirror', () => {
  beforeAll(async () => {
    await build('mirror');
    await client.call('openUdp', { name: 'c', address: CLIENT, port: 6_000 });
    await service.call('openUdp', { name: 's', address: '127.0.0.1', port: 4_000 });
    await intercepted([PORT]);
  });
  afterAll(() => world?.demolish());

  test('incoming UDP: the target answers, the service sees a copy, and what it answers goes nowhere', async () => {
    for (const bytes of [0, 900, 1_472]) {
      const { sha256, answer } = await ask('c', bytes);
      expect(answer?.text).toBe(`${CLIENT}:6000`);
      const { messages } = await service.call('heard', { name: 's', messages: 1 });
      expect(messages).toMatchObject([{ from: `${CLIENT}:6000`, length: bytes, sha256 }]);
    }
    await service.call('sendUdp', { name: 's', to: at(CLIENT, 6_000), texts: ['nobody hears'] });
    await delay(300);
    const nothing = await client.call('heard', { name: 'c', waitMs: 0 });
    expect(nothing.messages).toEqual([]);
  });

  test('incoming UDP: what was sent in segments is copied as its datagrams', async () => {
    await client.call('openUdp', { name: 'gso', segmentBytes: 1_000, connectTo: at(TARGET, PORT) });
    await client.call('sendUdp', { name: 'gso', bytes: 5_500 });
    const { messages } = await service.call('heard', { name: 's', messages: 6 });
    expect(messages.map(({ length }) => length)).toEqual([1_000, 1_000, 1_000, 1_000, 1_000, 500]);
  });

  test('incoming UDP: a datagram in fragments is counted as lost, and the target has it', async () => {
    expect((await ask('c', 9_000)).answer?.text).toBe(`${CLIENT}:6000`);
    await retry(Date.now() + 10_000, async () => {
      const { dropped, losses } = await world.agent.call('incomingUdp', undefined);
      expect(dropped).toBe(1);
      expect(losses).toEqual(['1 datagrams were not mirrored: in fragments, or no room']);
    });
  });
});
