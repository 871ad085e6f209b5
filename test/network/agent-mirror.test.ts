import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ClientCommands } from './agent-client.ts';
import type { MirroredFlow } from './agent-peer.ts';
import { type AgentProcess, type Peer, Stage, type Target } from './agent-stage.ts';
import { FAR4, FAR6, NEAR4, NEAR6 } from './kernel-namespaces.ts';
import type { Program } from './sidecar-process.ts';

const PORT = 8080;
const BULK = 9090;
const to = { address: FAR4, port: PORT };

let stage: Stage;
let target: Target;
let web: Program<ClientCommands>;
let agent: AgentProcess;
let peer: Peer;
let client: Program<ClientCommands>;

beforeEach(async () => {
  stage = new Stage();
  target = stage.startTarget();
  web = stage.start<ClientCommands>(stage.cable.far, 'agent-client.ts');
  client = stage.startHolder();
  await web.call('serveHttp', { address: '::', port: PORT, where: 'target' });
  await target.program.call('serve', { address: FAR4, port: BULK, how: 'digest' });
  agent = await stage.startAgent(target);
  peer = await stage.startPeer(agent);
});

afterEach(async () => {
  await stage.clear();
});

const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: shop\r\n\r\n`;

async function flows(): Promise<readonly MirroredFlow[]> {
  return await peer.program.call('mirrored', undefined);
}

async function ask(on: number, ...paths: string[]): Promise<string> {
  const text = paths.map(request).join('');
  return await client.call('say', { on, text, until: `target ${paths.at(-1)}` });
}

test('scenario 8: the target answers, the service sees every request, kept alive and pipelined', async () => {
  expect(await peer.mirror(PORT)).toEqual({ ports: [PORT] });
  for (const [address, from] of [
    [FAR4, NEAR4],
    [FAR6, NEAR6],
  ] as const) {
    const on = await client.call('hold', { address, port: PORT });
    expect(await ask(on, '/1')).toContain('200 OK');
    expect(await ask(on, '/2', '/3', '/4')).toContain('target /3');
    await client.call('leave', on);
    const all = ['/1', '/2', '/3', '/4'].map(request).join('');
    await expect
      .poll(async () => (await flows()).at(-1))
      .toMatchObject({
        from: { address: from },
        to: { address, port: PORT },
        joined: false,
        text: all,
        ended: 'end',
      });
  }
  expect(await flows()).toHaveLength(2);
  expect(stage.tables).toBe('');
});

test('within the pod each packet is seen once', async () => {
  await peer.mirror(PORT);
  const on = await web.call('hold', { address: '127.0.0.1', port: PORT });
  await web.call('say', { on, text: request('/lo'), until: 'target /lo' });
  await web.call('leave', on);
  await expect
    .poll(flows)
    .toMatchObject([{ from: { address: '127.0.0.1' }, text: request('/lo'), ended: 'end' }]);
});

test('a connection that existed is joined at its next request, and says so', async () => {
  const on = await client.call('hold', to);
  await ask(on, '/before');
  await peer.mirror(PORT);
  await ask(on, '/after');
  await expect.poll(flows).toMatchObject([{ joined: true, text: request('/after'), ended: '' }]);
});

test.each(['refuse', 'ignore', 'stall'] as const)(
  'scenario 8: a service that would %s changes nothing for the client',
  async (service) => {
    await peer.program.call('service', service);
    await peer.mirror(PORT, BULK);
    const on = await client.call('hold', to);
    for (const path of ['/1', '/2', '/3']) expect(await ask(on, path)).toContain('200 OK');
    const bulk = { to: { address: FAR4, port: BULK }, bytes: 4 << 20, mbits: 10_000 };
    const { answer, sha256 } = await client.call('stream', bulk);
    expect(answer).toBe(`${4 << 20} ${sha256}`);
  },
);

test('a service that comes back sees the next request of a connection that it had lost', async () => {
  await peer.program.call('service', 'refuse');
  await peer.mirror(PORT);
  const on = await client.call('hold', to);
  await ask(on, '/lost');
  await expect
    .poll(() => peer.call('agent.status', {}))
    .toMatchObject({ incoming: { connections: 1, open: 0 } });
  await peer.program.call('service', 'greet');
  await ask(on, '/seen');
  await expect.poll(flows).toMatchObject([{ joined: true, text: request('/seen') }]);
});

test('the reset of a client is a reset of the copy', async () => {
  await peer.mirror(PORT);
  const on = await client.call('hold', to);
  await ask(on, '/1');
  await client.call('resetHeld', on);
  await expect.poll(flows).toMatchObject([{ ended: 'ECONNRESET' }]);
});

test('100 MB arrive whole, and nothing is lost', async () => {
  await peer.mirror(BULK);
  const bytes = 100_000_000;
  const bulk = { to: { address: FAR4, port: BULK }, bytes, mbits: 300 };
  const { answer, sha256 } = await client.call('stream', bulk);
  expect(answer).toBe(`${bytes} ${sha256}`);
  await expect
    .poll(async () => (await flows())[0], { timeout: 20_000 })
    .toMatchObject({ bytes, sha256, ended: 'end' });
  expect(await peer.call('agent.status', {})).toMatchObject({ incoming: { dropped: 0 } });
});

test('what is not mirrored any more ends, what is new is joined', async () => {
  await peer.mirror(PORT);
  const on = await client.call('hold', to);
  await ask(on, '/1');
  await peer.mirror();
  await expect.poll(flows).toMatchObject([{ ended: 'ECONNABORTED' }]);
  await ask(on, '/2');
  await peer.mirror(PORT);
  await ask(on, '/3');
  await expect.poll(async () => (await flows())[1]).toMatchObject({ text: request('/3') });
});

test('scenario 10: killed in the middle, the agent takes nothing with it', async () => {
  await peer.mirror(PORT);
  const on = await client.call('hold', to);
  await ask(on, '/1');
  await agent.kill();
  expect(await ask(on, '/2')).toContain('200 OK');
});
