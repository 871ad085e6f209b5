import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentStatus } from '../../src/protocol/messages.ts';
import { type AgentProcess, type Peer, Stage, type Target } from './agent-stage.ts';
import { FAR4, FAR6, NEAR4, NEAR6 } from './kernel-namespaces.ts';
import type { Program } from './sidecar-process.ts';
import type { Commands } from './sidecar-program.ts';

const PORT = 8080;
const to = { address: FAR4, port: PORT };
const MEGABYTE = 1 << 20;

/** A busy machine may take its time. */
const SOON = { timeout: 20_000 };

let stage: Stage;
let target: Target;
let agent: AgentProcess;
let peer: Peer;
let client: Program<Commands>;

beforeEach(async () => {
  stage = new Stage();
  target = stage.startTarget();
  client = stage.startClient();
  const served = { address: '::', port: PORT, how: 'greet', where: 'target' } as const;
  await target.program.call('serve', served);
  agent = await stage.startAgent(target, { probePorts: [8081] });
  peer = await stage.startPeer(agent);
});

afterEach(async () => {
  await stage.clear();
});

async function answers(address: string, program = client): Promise<string | undefined> {
  const { greeting } = await program.call('greet', { to: { address, port: PORT } });
  return greeting?.where;
}

test('scenarios 1, 11 and 16: stolen from everywhere, with the true addresses, until given back', async () => {
  const neighbour = stage.startNeighbour();
  expect(await answers(FAR4)).toBe('target');
  expect(await peer.steal(PORT)).toEqual({ ports: [PORT] });
  for (const [address, from, program] of [
    [FAR4, NEAR4, client],
    [FAR6, NEAR6, client],
    ['127.0.0.1', '127.0.0.1', neighbour],
    ['::1', '::1', neighbour],
    [FAR4, FAR4, neighbour],
  ] as const) {
    const { greeting } = await program.call('greet', { to: { address, port: PORT } });
    expect(greeting).toMatchObject({
      where: 'service',
      local: { address, port: PORT },
      peer: { address: from },
    });
  }
  expect(await peer.call('agent.status', {})).toMatchObject({
    incoming: { mode: 'steal', ports: [PORT], connections: 5, passed: 0 },
  });
  expect(await peer.call('incoming.set', { mode: 'off', ports: [] })).toEqual({ ports: [] });
  for (const address of [FAR4, FAR6]) expect(await answers(address)).toBe('target');
  await expect.poll(() => stage.tables, SOON).toBe('');
});

test('what the service does not take goes to the target', async () => {
  await peer.steal(PORT);
  await peer.program.call('service', 'refuse');
  for (const address of [FAR4, FAR6]) expect(await answers(address)).toBe('target');
  await peer.program.call('service', 'ignore');
  expect(await answers(FAR4)).toBe('target');
  expect(await peer.call('agent.status', {})).toMatchObject({ incoming: { passed: 3 } });
});

test('scenario 2: an established connection stays with the target, in both states of the rules', async () => {
  await client.call('keep', { to });
  await peer.steal(PORT);
  expect(await answers(FAR4)).toBe('service');
  expect((await client.call('echo', { to, bytes: 1000 })).equal).toBe(true);
  await target.program.kill();
  expect(await client.call('keptEnding', undefined)).toBe('end'); // the target's own
});

test('scenario 10: killed, the agent leaves no rule, and the target answers the next request', async () => {
  await peer.steal(PORT);
  expect(stage.tables).toContain('kdev_');
  await client.call('keep', { to });
  await agent.kill();
  expect(stage.tables).toBe('');
  expect(await answers(FAR4)).toBe('target');
  expect(await client.call('keptEnding', undefined)).toBe('ECONNRESET');
});

test('while the link is away the target serves after a second, and the service again with the link', async () => {
  await peer.steal(PORT);
  const holder = stage.startHolder();
  const on = await holder.call('hold', to);
  expect(await holder.call('say', { on, text: '', until: '\n' })).toContain('"service"');
  await peer.program.call('cut', undefined);
  const startedMs = performance.now();
  expect(await answers(FAR4)).toBe('target');
  expect(performance.now() - startedMs).toBeLessThan(3000);
  expect(await answers(FAR4)).toBe('target');
  await agent.says('link away');
  await peer.program.call('restore', undefined);
  await expect.poll(() => answers(FAR4), SOON).toBe('service');
  expect(await holder.call('say', { on, text: 'still here', until: 'here' })).toBe('still here');
  expect(await peer.program.call('notices', undefined)).toEqual([
    'the target served while the link was away',
  ]);
});

test('a cut of less than a second is not noticed by a client who connects in it', async () => {
  await peer.steal(PORT);
  await peer.program.call('cut', undefined);
  const answer = answers(FAR4);
  await peer.program.call('restore', undefined);
  expect(await answer).toBe('service');
});

test('scenario 5: 10 MiB of random bytes both ways, either side ends first, either side resets', async () => {
  await peer.steal(PORT);
  for (const address of [FAR4, FAR6]) {
    const outcome = await client.call('echo', {
      to: { address, port: PORT },
      bytes: 10 * MEGABYTE,
    });
    expect(outcome).toEqual({ ending: 'end', count: 10 * MEGABYTE, equal: true });
  }
  await peer.program.call('service', 'digest');
  const sent = await client.call('send', { to, bytes: 10 * MEGABYTE });
  expect(sent.answer).toBe(`${10 * MEGABYTE} ${sent.sent}`);
  await peer.program.call('service', 'bye');
  expect(await client.call('send', { to, bytes: MEGABYTE })).toMatchObject({ answer: 'bye' });
  await peer.program.call('service', 'reset');
  expect((await client.call('ending', { to })).ending).toBe('ECONNRESET');
});

test('scenario 14: probes from the node go to the target, other clients there to the service', async () => {
  for (const port of [8081, 8082]) {
    await target.program.call('serve', { address: FAR4, port, how: 'greet', where: 'target' });
  }
  await peer.steal(8081, 8082);
  const ask = async (port: number, text: string) => {
    const hex = Buffer.from(text).toString('hex');
    const { text: answer } = await peer.program.call('knock', {
      to: { address: FAR4, port },
      hex,
      waitMs: 800,
    });
    return /"where":"(\w+)"/.exec(answer)?.[1];
  };
  const request = (agent: string) => `GET /healthz HTTP/1.1\r\nUser-Agent: ${agent}\r\n\r\n`;
  expect(await ask(8081, request('kube-probe/1.37'))).toBe('target');
  expect(await ask(8081, '')).toBe('target');
  expect(await ask(8081, request('curl/8'))).toBe('service');
  expect(await ask(8081, '\x16\x03\x01 client hello')).toBe('service');
  expect(await ask(8082, request('kube-probe/1.37'))).toBe('service');
  const { greeting } = await stage
    .startNeighbour()
    .call('greet', { to: { address: FAR4, port: 8081 } });
  expect(greeting?.where).toBe('service');
});

test('another session on the same port is refused, on another port welcome', async () => {
  await peer.steal(PORT, 9000);
  const other = await stage.startAgent(target, { session: 'zyxwvu765432', tunnelPort: 7314 });
  const otherPeer = await stage.startPeer(other, { to: { address: NEAR4, port: 7314 } });
  await expect(otherPeer.steal(PORT)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  expect(await otherPeer.steal(8090)).toEqual({ ports: [8090] });
  await peer.steal(9000);
  expect(await otherPeer.steal(PORT)).toEqual({ ports: [PORT] });
  await expect(peer.steal(PORT)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test("after the session's release nothing is intercepted any more, and open connections go on", async () => {
  await peer.connect('session');
  await peer.steal(PORT);
  const holder = stage.startHolder();
  const on = await holder.call('hold', to);
  expect(await holder.call('say', { on, text: '', until: '\n' })).toContain('"service"');
  await peer.call('incoming.release', {}, 'session');
  expect(await answers(FAR4)).toBe('target');
  await expect(peer.steal(PORT)).rejects.toMatchObject({ code: 'ECANCELED' });
  expect(await holder.call('say', { on, text: 'hello', until: 'hello' })).toBe('hello');
  expect(await peer.call('agent.status', {})).toMatchObject({ incoming: { open: 1, ports: [] } });
  await holder.call('leave', on);
  await expect.poll(() => stage.tables, SOON).toBe('');
});

test('a sidecar that is gone takes its wishes with it; its successor makes its own', async () => {
  await peer.steal(PORT);
  await peer.program.kill();
  await agent.says('link away');
  expect(await answers(FAR4)).toBe('target');
  const successor = await stage.startPeer(agent);
  expect(await answers(FAR4)).toBe('target');
  await successor.steal(PORT);
  expect(await answers(FAR4)).toBe('service');
});

test('scenario 7: a thousand connections at once, and ten thousand requests on as many kept open', async () => {
  await peer.steal(PORT);
  const { outcomes } = await client.call('burst', { to, count: 1000 });
  expect(outcomes).toEqual({ end: 1000 });
  await expect
    .poll(async () => await peer.call('agent.status', {}), SOON)
    .toMatchObject({ incoming: { connections: 1000, open: 0 } });
  await peer.program.call('service', 'http');
  const keeper = stage.startHolder();
  const answers = await keeper.call('ask', { to, connections: 1000, requests: 10 });
  expect(answers).toEqual({ service: 10_000 });
});

test('scenario 7: a service that reads 1 KiB a second of 100 MiB: bounded memory, others unharmed', async () => {
  await peer.steal(PORT);
  await peer.program.call('service', 'crawl');
  const memory = async () => [(await status()).rssBytes, await peer.program.call('rss', undefined)];
  const before = await memory();
  const holder = stage.startHolder();
  const on = await holder.call('hold', to);
  holder.call('pump', { on, bytes: 100 * MEGABYTE }).catch(() => undefined); // never ends
  let sent = 0;
  await expect
    .poll(
      async () => {
        const former = sent;
        sent = await holder.call('sent', on);
        return sent > 0 && sent === former;
      },
      { ...SOON, interval: 500 },
    )
    .toBe(true);
  expect(sent).toBeLessThan(32 * MEGABYTE);
  const after = await memory();
  after.forEach((bytes, at) => {
    expect(bytes - (before[at] ?? 0)).toBeLessThan(64 * MEGABYTE);
  });
  await peer.program.call('service', 'greet');
  expect(await answers(FAR4)).toBe('service');
});

async function status(): Promise<AgentStatus> {
  return (await peer.call('agent.status', {})) as AgentStatus;
}

test('a client of the listening socket itself is turned away', async () => {
  await peer.steal(PORT);
  const rules = execFileSync('ip', ['netns', 'exec', stage.cable.far, 'nft', 'list', 'ruleset']);
  const port = Number(/redirect to :(\d+)/.exec(String(rules))?.[1]);
  const { code, ending } = await client.call('ending', { to: { address: FAR4, port } });
  expect(code || ending).toBe('ECONNRESET'); // whether connect() or read() is first to see it
});

test('nonsense is refused', async () => {
  for (const args of [
    { mode: 'steal', ports: [0] },
    { mode: 'steal', ports: ['80'] },
    { mode: 'both', ports: [] },
    { mode: 'steal', ports: Array.from({ length: 201 }, (_, at) => at + 1) },
  ]) {
    await expect(peer.call('incoming.set', args)).rejects.toMatchObject({
      code: expect.stringMatching(/EINVAL|EPROTO/),
    });
  }
});
