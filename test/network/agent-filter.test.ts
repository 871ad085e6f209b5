import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentStatus } from '../../src/protocol/messages.ts';
import type { ClientCommands } from './agent-client.ts';
import { type AgentProcess, type Peer, Stage, type Target } from './agent-stage.ts';
import { FAR4, FAR6 } from './kernel-namespaces.ts';
import type { Program } from './sidecar-process.ts';
import type { Commands } from './sidecar-program.ts';

const PORT = 8080;
const BANNER = 8025;
const MEGABYTE = 1 << 20;
const ada = { header: { 'x-user': 'ada' } };
const to = { address: FAR4, port: PORT };

/** A busy machine may take its time. */
const SOON = { timeout: 20_000 };

let stage: Stage;
let target: Target;
let agent: AgentProcess;
let peer: Peer;
let client: Program<ClientCommands>;

beforeEach(async () => {
  stage = new Stage();
  target = stage.startTarget();
  client = stage.startHolder();
  await stage.serveWeb(target, { web: PORT, banner: BANNER });
  agent = await stage.startAgent(target);
  peer = await stage.startPeer(agent);
  await peer.program.call('service', 'http');
});

afterEach(async () => {
  await stage.clear();
});

const request = (path: string, user: string) =>
  `GET ${path} HTTP/1.1\r\nHost: shop\r\nX-User: ${user}\r\n\r\n`;

/** Whose answers come to requests on one connection, in their order. */
async function whose(on: number, ...users: string[]): Promise<string[]> {
  const text = users.map((user, at) => request(`/${at}`, user)).join('');
  const heard = await client.call('say', { on, text, until: ` /${users.length - 1}` });
  return [...heard.matchAll(/(service|target) \/\d/g)].map(([, side = '']) => side);
}

async function status(): Promise<AgentStatus> {
  return (await peer.call('agent.status', {})) as AgentStatus;
}

test('scenario 12: some requests of one connection match, one by one and pipelined', async () => {
  expect(await peer.stealMatching(ada, PORT)).toEqual({ ports: [PORT] });
  for (const address of [FAR4, FAR6]) {
    const on = await client.call('hold', { address, port: PORT });
    for (const user of ['ada', 'bob', 'ada']) {
      expect(await whose(on, user)).toEqual([user === 'ada' ? 'service' : 'target']);
    }
    expect(await whose(on, 'bob', 'bob', 'ada', 'ada', 'bob')).toEqual([
      'target',
      'target',
      'service',
      'service',
      'target',
    ]);
    await client.call('leave', on);
  }
  const { incoming } = await status();
  expect(incoming).toMatchObject({ connections: 2, passed: 2 });
  await expect.poll(async () => (await status()).incoming.open, SOON).toBe(0);
});

test('scenario 6: on a port with a filter, what is no HTTP reaches the target, which speaks first', async () => {
  await peer.stealMatching(ada, BANNER);
  const { greeting } = await stage
    .startClient()
    .call('greet', { to: { address: FAR4, port: BANNER } });
  expect(greeting?.where).toBe('target');
  const neighbour: Program<Commands> = stage.startNeighbour();
  const echoed = await neighbour.call('echo', {
    to: { address: FAR4, port: BANNER },
    bytes: 10 * MEGABYTE,
  });
  expect(echoed).toEqual({ ending: 'end', count: 10 * MEGABYTE, equal: true });
  expect(await peer.program.call('offered', undefined)).toEqual([]);
});

test('scenario 12: the service refuses: 502 for whom it is, and nobody else', async () => {
  await peer.stealMatching(ada, PORT);
  await peer.program.call('service', 'refuse');
  const on = await client.call('hold', to);
  expect(await whose(on, 'bob')).toEqual(['target']);
  const text = request('/', 'ada');
  const refusal = await client.call('say', { on, text, until: 'ECONNREFUSED' });
  expect(refusal).toMatch(
    /^HTTP\/1.1 502 Bad Gateway\r\n(.+\r\n)+\r\nkdev: .* port 8080 does not take this request: /,
  );
  expect(await client.call('finish', on)).not.toContain('HTTP/1.1');
  expect(await whose(await client.call('hold', to), 'bob')).toEqual(['target']);
});

test('what was given back is the target’s, on connections that are open too', async () => {
  await peer.stealMatching(ada, PORT);
  const on = await client.call('hold', to);
  expect(await whose(on, 'bob')).toEqual(['target']);
  await peer.steal();
  expect(await whose(on, 'ada')).toEqual(['target']);
  await peer.stealMatching(ada, PORT);
  expect(await whose(on, 'ada')).toEqual(['service']);
  await agent.kill();
  expect(stage.tables).toBe('');
  expect(await whose(await client.call('hold', to), 'ada')).toEqual(['target']);
});

test('scenario 12: an upload of 1 GiB arrives whole, in constant memory', async () => {
  await peer.stealMatching(ada, PORT);
  await peer.program.call('service', 'sink');
  const on = await client.call('hold', to);
  const bytes = 1024 * MEGABYTE;
  const head = `PUT / HTTP/1.1\r\nX-User: ada\r\nContent-Length: ${bytes}\r\n\r\n`;
  await client.call('say', { on, text: head, until: '' });
  const before = (await status()).rssBytes;
  await client.call('pump', { on, bytes });
  const answer = await client.call('say', { on, text: '', until: 'took' });
  expect(answer).toContain(`took ${bytes + head.length}`);
  expect((await status()).rssBytes - before).toBeLessThan(64 * MEGABYTE);
});

test('scenario 9: a mirror with a filter: four sent, two seen', async () => {
  await peer.call('incoming.set', { mode: 'mirror', ports: [PORT], filter: ada });
  const on = await client.call('hold', to);
  for (const user of ['ada', 'bob', 'ada', 'bob'])
    expect(await whose(on, user)).toEqual(['target']);
  const nobody = await client.call('hold', to);
  expect(await whose(nobody, 'bob')).toEqual(['target']);
  await client.call('leave', nobody);
  await client.call('leave', on);
  const seen = { text: request('/0', 'ada').repeat(2), ended: 'end' };
  await expect.poll(() => peer.program.call('mirrored', undefined), SOON).toMatchObject([seen]);
});

test('a filter that is none is refused', async () => {
  for (const filter of [
    { header: { 'x-user': '~(' } },
    { header: { 'x-user': 7 } },
    { body: { user: 'ada' } },
    { path: Array.from({ length: 65 }, () => '/') },
  ]) {
    const args = { mode: 'steal', ports: [PORT], filter };
    await expect(peer.call('incoming.set', args)).rejects.toMatchObject({ code: 'EINVAL' });
  }
});
