import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ClientCommands } from './agent-client.ts';
import type { MirroredFlow } from './agent-peer.ts';
import { type AgentProcess, type Peer, Stage, type Target } from './agent-stage.ts';
import { FAR4, FAR6, NEAR4, NEAR6 } from './kernel-namespaces.ts';
import type { Program } from './sidecar-process.ts';

const PORT = 8080;
const BULK = 9090;
const to = { address: FAR4, port: PORT };

/** A busy machine may take its time. */
const SOON = { timeout: 20_000 };

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
      .poll(async () => (await flows()).at(-1), SOON)
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
    .poll(flows, SOON)
    .toMatchObject([{ from: { address: '127.0.0.1' }, text: request('/lo'), ended: 'end' }]);
});

test('a connection that existed is joined at its next request, and says so', async () => {
  const on = await client.call('hold', to);
  await ask(on, '/before');
  await peer.mirror(PORT);
  await ask(on, '/after');
  await expect
    .poll(flows, SOON)
    .toMatchObject([{ joined: true, text: request('/after'), ended: '' }]);
});

test.each(['refuse', 'ignore', 'stall'] as const)(
  'scenario 8: a service that would %s changes nothing for the client',
  async (service) => {
    await peer.program.call('service', service);
    await peer.mirror(PORT, BULK);
    const on = await client.call('hold', to);
    for (const path of ['/1', '/2', '/3']) expect(await ask(on, path)).toContain('200 OK');
    const bulk = await client.call('hold', { address: FAR4, port: BULK });
    const sha256 = await client.call('pump', { on: bulk, bytes: 40 << 20 });
    expect(await client.call('finish', bulk)).toBe(`${40 << 20} ${sha256}`);
  },
);

test('a service that comes back sees the next request of a connection that it had lost', async () => {
  await peer.program.call('service', 'refuse');
  await peer.mirror(PORT);
  const on = await client.call('hold', to);
  await ask(on, '/lost');
  await expect
    .poll(() => peer.call('agent.status', {}), SOON)
    .toMatchObject({ incoming: { connections: 1, open: 0 } });
  await peer.program.call('service', 'greet');
  await ask(on, '/seen');
  await expect.poll(flows, SOON).toMatchObject([{ joined: true, text: request('/seen') }]);
});

test('the reset of a client is a reset of the copy', async () => {
  await peer.mirror(PORT);
  const on = await client.call('hold', to);
  await ask(on, '/1');
  await client.call('resetHeld', on);
  await expect.poll(flows, SOON).toMatchObject([{ ended: 'ECONNRESET' }]);
});

test('100 MB arrive whole, and nothing is lost', async () => {
  await peer.mirror(BULK);
  const part = 4_000_000;
  const on = await client.call('hold', { address: FAR4, port: BULK });
  let sha256 = '';
  for (let bytes = 0; bytes < 100_000_000; bytes += part) {
    sha256 = await client.call('pump', { on, bytes: part });
    // The copy cannot slow the client down: on a busy machine it does so itself.
    const isNear = async () => ((await flows())[0]?.bytes ?? 0) > bytes - part;
    await expect.poll(isNear, SOON).toBe(true);
  }
  expect(await client.call('finish', on)).toBe(`100000000 ${sha256}`);
  await expect
    .poll(async () => (await flows())[0], SOON)
    .toMatchObject({ bytes: 100_000_000, sha256, ended: 'end' });
  expect(await peer.call('agent.status', {})).toMatchObject({ incoming: { dropped: 0 } });
});

test('what is not mirrored any more ends, what is new is joined', async () => {
  await peer.mirror(PORT);
  const on = await client.call('hold', to);
  await ask(on, '/1');
  await expect.poll(flows, SOON).toMatchObject([{ text: request('/1') }]);
  await peer.mirror();
  await expect.poll(flows, SOON).toMatchObject([{ ended: 'ECONNABORTED' }]);
  await ask(on, '/2');
  await peer.mirror(PORT);
  await ask(on, '/3');
  await expect.poll(async () => (await flows())[1], SOON).toMatchObject({ text: request('/3') });
});

test('scenario 10: killed in the middle, the agent takes nothing with it', async () => {
  await peer.mirror(PORT);
  const on = await client.call('hold', to);
  await ask(on, '/1');
  await agent.kill();
  expect(await ask(on, '/2')).toContain('200 OK');
});
