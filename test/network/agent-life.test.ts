import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PeerCommands } from './agent-peer.ts';
import { type AgentProcess, door, Peer, Stage, type Target } from './agent-stage.ts';
import { FAR4 } from './kernel-namespaces.ts';

const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex');

/** A busy machine may take its time. */
const SOON = { timeout: 20_000 };

let stage: Stage;
let target: Target;

beforeEach(() => {
  stage = new Stage();
  target = stage.startTarget();
});

afterEach(async () => {
  await stage.clear();
});

async function start(): Promise<{ agent: AgentProcess; peer: Peer }> {
  const agent = await stage.startAgent(target);
  return { agent, peer: await stage.startPeer(agent) };
}

test('who only looks on gets copies of its own ports, and nothing else', async () => {
  const { peer } = await start();
  await peer.connect('dump');
  const look = (mode: string, ports: number[]) =>
    peer.call('incoming.set', { mode, ports }, 'dump');
  expect(await look('mirror', [80])).toEqual({ ports: [80] });
  await expect(look('steal', [80])).rejects.toMatchObject({ code: 'EPERM' });
  for (const method of ['target.environment', 'incoming.release', 'agent.status'] as const) {
    await expect(peer.call(method, {}, 'dump')).rejects.toMatchObject({ code: 'ENOSYS' });
  }
  // The sidecar's ports are apart from it.
  expect(await peer.call('agent.status', {})).toMatchObject({ incoming: { mode: 'off' } });
});

test('both ways in, and both roles with what is theirs', async () => {
  const agent = await stage.startAgent(target);
  const peer = await stage.startPeer(agent, { how: 'raw', to: { ...door, address: '127.0.0.1' } });
  expect(await peer.call('agent.status', {})).toMatchObject({ protocol: 2, linkUp: true });
  await peer.connect('session');
  expect(await peer.call('agent.status', {}, 'session')).toMatchObject({ linkUp: true });
  await expect(peer.call('target.environment', {})).rejects.toMatchObject({ code: 'ENOSYS' });
  await expect(peer.call('agent.leave', {})).rejects.toMatchObject({ code: 'ENOSYS' });
  const steal = { mode: 'steal', ports: [80] };
  await expect(peer.call('incoming.set', steal, 'session')).rejects.toMatchObject({
    code: 'ENOSYS',
  });
});

test("the target's environment, byte for byte", async () => {
  const { peer } = await start();
  await peer.connect('session');
  const call = { role: 'session', method: 'target.environment', args: {} } as const;
  const { tail } = await peer.program.call('call', call);
  const environment = Buffer.from(tail, 'hex').toString();
  expect(environment.split('\0')).toContain(`PATH=${process.env['PATH']}`);
  expect(environment.endsWith('\0')).toBe(true);
});

test("the target's files", async () => {
  const { peer } = await start();
  const { attributes } = (await peer.call('files.stat', { path: '/etc/passwd', follow: true })) as {
    attributes: { size: number };
  };
  const read = { path: '/etc/passwd', offset: 0, length: attributes.size };
  const call = { role: 'sidecar', method: 'files.read', args: read } as const;
  const { tail } = await peer.program.call('call', call);
  expect(Buffer.from(tail, 'hex').toString()).toContain('root:x:0:0');
  const missing = { path: '/etc/none', follow: true };
  await expect(peer.call('files.stat', missing)).rejects.toMatchObject({ code: 'ENOENT' });
  const magic = { path: '/proc/1/root/etc', follow: true };
  await expect(peer.call('files.stat', magic)).rejects.toMatchObject({ code: 'ELOOP' });
});

test('the session ends it: the target has its traffic, the agent is gone with 0', async () => {
  const { agent, peer } = await start();
  await peer.connect('session');
  await peer.steal(8080);
  expect(await peer.call('agent.leave', {}, 'session')).toEqual({});
  expect(await agent.ended()).toBe(0);
  expect(stage.tables).toBe('');
  expect(await peer.program.call('closed', 'sidecar')).toBe('');
});

test('SIGTERM ends it as well', async () => {
  const { agent, peer } = await start();
  await peer.steal(8080);
  expect(await agent.kill('SIGTERM')).toBe(0);
  expect(stage.tables).toBe('');
});

test('without any link it leaves after its linger time', async () => {
  const program = stage.start<PeerCommands>(stage.cable.near, 'agent-peer.ts');
  await program.call('offered', undefined); // it runs: on a busy machine that takes longer than the linger time
  const agent = await stage.startAgent(target, { lingerMs: 3000 });
  const peer = new Peer(program, agent);
  await peer.connect('sidecar');
  await peer.steal(8080);
  await peer.program.kill();
  expect(await agent.ended()).toBe(0);
  expect(stage.tables).toBe('');
  expect(agent.lines.some(({ text }) => text === 'leaving')).toBe(true);
});

test("the target's end ends the links, in words", async () => {
  const { agent, peer } = await start();
  await target.program.kill();
  expect(await agent.ended()).toBe(1);
  expect(agent.lines.at(-1)).toMatchObject({
    code: 'ESRCH',
    fatal: expect.stringMatching(/ended/),
  });
  expect(await peer.program.call('closed', 'sidecar')).toBe('');
});

test('without a target it says so and ends', async () => {
  const nobody = { ...target, containerId: randomBytes(32).toString('hex') };
  await expect(stage.startAgent(nobody)).rejects.toThrow(/no process of container/);
});

test('garbage at the door gets nothing, and leaves nothing', async () => {
  const { agent, peer } = await start();
  const raw = { ...door, address: '127.0.0.1' };
  const knock = (to: typeof door, bytes: string, waitMs = 3000) =>
    peer.program.call('knock', { to, hex: hex(bytes), waitMs });
  expect((await knock(raw, 'GET / HTTP/1.1\r\n\r\n')).state).toBe('closed');
  expect((await knock(raw, randomBytes(4096).toString('latin1'))).state).toBe('closed');
  expect((await knock(door, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).text).toMatch(/^HTTP\/1.1 426 /);
  const other = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  expect((await knock(door, other)).text).toMatch(/^HTTP\/1.1 426 /);
  const upgrade = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: kdev\r\n\r\n';
  expect(await knock(door, `${upgrade}not TLS`)).toMatchObject({
    state: 'closed',
    text: expect.stringMatching(/^HTTP\/1.1 101 /),
  });
  expect((await knock(door, '\0\0\0\0\r\n\r\n')).state).toBe('closed');
  expect(await peer.call('agent.status', {})).toMatchObject({ linkUp: true });
  expect(agent.exitCode).toBeNull();
});

test('at most eight strangers wait at the door, and they do not keep friends out for long', async () => {
  const { peer } = await start();
  expect(await peer.program.call('loiter', { to: door, count: 20 })).toBe(8);
  await peer.connect('session');
  expect(await peer.call('agent.status', {}, 'session')).toMatchObject({ linkUp: true });
});

test('another key is no key', async () => {
  const agent = await stage.startAgent(target);
  const stranger = stage.startPeer(agent, { secret: randomBytes(32).toString('hex') });
  const isRefused = () =>
    agent.lines.some(({ name, text }) => name === 'door' && /EACCES|key/.test(text ?? ''));
  await expect.poll(isRefused, SOON).toBe(true);
  stranger.catch(() => undefined);
  const peer = await stage.startPeer(agent);
  expect(await peer.call('agent.status', {})).toMatchObject({ linkUp: true });
});

test('dials from the pod: its own errno, half-close, reset, 10 MiB', async () => {
  const { peer } = await start();
  await target.program.call('serve', { address: FAR4, port: 9001, how: 'greet', where: 'echo' });
  await target.program.call('serve', { address: '127.0.0.1', port: 9002, how: 'digest' });
  await target.program.call('serve', { address: FAR4, port: 9003, how: 'bye' });
  const dial = (address: string, port: number, send = '') =>
    peer.program.call('dial', { to: { address, port }, send });
  expect((await dial(FAR4, 9001, 'hello')).answer).toMatch(
    new RegExp(`"peer":{"address":"${FAR4}".*\nhello$`, 's'),
  );
  expect((await dial('127.0.0.1', 9002, 'half')).answer).toMatch(/^4 /);
  expect((await dial(FAR4, 9003)).answer).toBe('bye');
  expect((await dial(FAR4, 9)).code).toBe('ECONNREFUSED');
  expect((await dial('198.51.100.7', 80)).code).toBe('ENETUNREACH');
  expect((await dial('10.201.7.99', 80)).code).toBe('EHOSTUNREACH');
  expect((await dial('not an address', 80)).code).toBe('EINVAL');
  const echo = { to: { address: FAR4, port: 9001 }, bytes: 10 << 20 };
  expect(await peer.program.call('dialEcho', echo)).toEqual({ received: 10 << 20, equal: true });
  await expect
    .poll(() => peer.call('agent.status', {}), SOON)
    .toMatchObject({ outgoing: { connections: 4, open: 0, failed: 3 } });
});

test('what the service dials in the pod is the pod’s: a stolen port leads back to the service', async () => {
  const { peer } = await start();
  await peer.steal(8080);
  const { answer } = await peer.program.call('dial', { to: { address: FAR4, port: 8080 } });
  expect(answer).toContain('"service"');
});
