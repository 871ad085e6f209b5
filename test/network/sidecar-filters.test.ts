import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  DOCKER_HOST4,
  layNetworks,
  NEIGHBOUR4,
  run,
  SERVICE4,
  writeFiles,
} from './sidecar-networks.ts';
import type { Program } from './sidecar-process.ts';
import type { Commands } from './sidecar-program.ts';
import { retry, SidecarWorld } from './sidecar-world.ts';

/** Addresses that both worlds have, each with somebody else at it. */
const BOTH = ['10.50.1.1', '10.50.2.1', '10.50.3.1', '10.50.3.2', '10.50.4.1'] as const;
const [PLAIN, NAMED, LISTED, WITH_PORT, SHARED] = BOTH;
const UPSTREAM = '192.0.2.53';
const PEER = '10.88.0.9';

/** This process splices the tunnel: it must not wait. */
const runAside = promisify(execFile);

let world: SidecarWorld;
let service: Program<Commands>;
let cluster: Program<Commands>;
let sockets: string;

beforeAll(async () => {
  const laid = layNetworks();
  // As Docker writes it.
  writeFiles(laid.service, {
    'resolv.conf': `nameserver 127.0.0.11\noptions timeout:2 attempts:1\n# ExtServers: [${UPSTREAM}]\n`,
  });
  const config = {
    localNames: ['db', 'cache', 'host.docker.internal'],
    outgoing: {
      local: ['*.internal', '10.50.3.0/24', '10.50.3.2:81', 'shared.example', 'tcp://**:8125'],
      remote: ['secret.internal', 'cache', '10.88.0.0/24', '10.50.3.2', 'host.docker.internal'],
      podLoopback: [9901, 9902],
    },
    dns: { local: ['wiki.lan'], remote: ['cluster.internal'] },
  };
  sockets = mkdtempSync(path.join(os.tmpdir(), 'kdev-unix-'));
  const files = {
    materialised: path.join(sockets, 'shown'),
    mounts: [
      { path: path.join(sockets, 'echo.sock'), stub: 'm/0', how: 'socket' },
      { path: path.join(sockets, 'absent.sock'), stub: 'm/1', how: 'socket' },
    ],
  } as const;
  world = await SidecarWorld.build({ ...config, files }, laid);
  const { networks } = world;
  for (const address of [...BOTH, PEER, DOCKER_HOST4]) {
    run('ip', '-n', networks.pod, 'address', 'add', `${address}/32`, 'dev', 'lo');
  }
  for (const address of [...BOTH, PEER, UPSTREAM]) {
    run('ip', '-n', networks.network, 'address', 'add', `${address}/32`, 'dev', 'lo');
  }
  service = world.start(networks.service);
  cluster = world.start(networks.pod);
  const near = world.start(networks.network);
  for (const port of [80, 81, 8125]) {
    const serving = { address: '0.0.0.0', port, how: 'greet' } as const;
    await cluster.call('serve', { ...serving, where: 'pod' });
    await near.call('serve', { ...serving, where: 'near' });
  }
  await near.call('serveDns', { address: UPSTREAM, everything: NAMED });
  const docker = world.start(networks.service);
  await docker.call('serveDocker', { names: { db: NEIGHBOUR4, cache: PEER }, upstream: UPSTREAM });
  const answers = { rcode: 0, records: [{ type: 1, data: hex(NAMED) }] };
  await world.agent.call('zone', {
    'secret.internal 1': answers,
    'cluster.internal 1': answers,
    'cache 1': { rcode: 0, records: [{ type: 1, data: hex(PEER) }] },
    'shared.example 1': { rcode: 0, records: [{ type: 1, data: hex(SHARED) }] },
    'other.example 1': { rcode: 0, records: [{ type: 1, data: hex(SHARED) }] },
  });
});

afterAll(async () => {
  await world?.demolish();
  rmSync(sockets, { recursive: true, force: true });
});

const hex = (address: string) => Buffer.from(address.split('.').map(Number)).toString('hex');

const where = async (address: string, port = 80) => {
  const { greeting, code } = await service.call('greet', { to: { address, port } });
  return code || greeting?.where;
};

const resolve = async (name: string, type = 'A') =>
  (await service.call('resolve', { name, type })).answer;

const askedAgent = async (name: string) =>
  (await world.agent.call('asked', undefined)).filter((one) => one.startsWith(`${name} `)).length;

test('scenario 22: by network, address, port and protocol, the most specific first', async () => {
  expect(await where(PLAIN)).toBe('pod');
  expect(await where(LISTED)).toBe('near');
  expect(await where(WITH_PORT)).toBe('pod');
  expect(await where(WITH_PORT, 81)).toBe('near');
  expect(await where(PLAIN, 8125)).toBe('near');
});

test('scenario 22: a name that is local is resolved here, and its addresses are reached from here', async () => {
  expect(await where(NAMED)).toBe('pod');
  expect(await resolve('Git.Internal')).toEqual([NAMED]);
  expect(await askedAgent('git.internal')).toBe(0);
  expect(await where(NAMED)).toBe('near');
  expect((await world.status()).dns.docker).toBeGreaterThan(0);
});

test('scenario 22: of two names with one address the more specific filter decides', async () => {
  expect(await resolve('secret.internal')).toEqual([NAMED]);
  expect(await askedAgent('secret.internal')).toBe(1);
  expect(await where(NAMED)).toBe('pod');
  expect(await resolve('other.example')).toEqual([SHARED]);
  expect(await where(SHARED)).toBe('pod');
  // One that is resolved by its own name only, yet by the pod: dns decides of names alone.
  expect(await resolve('cluster.internal')).toEqual([NAMED]);
  expect(await askedAgent('cluster.internal')).toBe(1);
});

test('scenario 22: dns decides who resolves, and nothing of connections', async () => {
  expect(await resolve('wiki.lan')).toEqual([NAMED]);
  expect(await askedAgent('wiki.lan')).toBe(0);
  expect(await where(NAMED)).toBe('pod');
});

test('scenario 21: a name in both worlds follows the filter, another one of the project stays', async () => {
  expect(await resolve('cache')).toEqual([PEER]);
  expect(await askedAgent('cache')).toBe(1);
  expect(await where(PEER)).toBe('pod');
  expect(await resolve('db')).toEqual([NEIGHBOUR4]);
  expect(await askedAgent('db')).toBe(0);
  expect(await where(DOCKER_HOST4)).toBe('pod');
});

test('scenario 25: in a network that is the cluster’s too, peers are reached by their names', async () => {
  expect(await resolve('db')).toEqual([NEIGHBOUR4]);
  expect(await where(NEIGHBOUR4)).toBe('near');
  expect(await where(PEER)).toBe('pod');
  const neighbour = world.start(world.networks.network);
  await service.call('serve', { address: '0.0.0.0', port: 8080, how: 'greet', where: 'service' });
  const { greeting } = await neighbour.call('greet', { to: { address: SERVICE4, port: 8080 } });
  expect(greeting?.where).toBe('service');
  expect(await where(SERVICE4, 8080)).toBe('service');
});

test('scenario 21: a reverse lookup goes where its address goes', async () => {
  const reverse = (address: string) => `${address.split('.').reverse().join('.')}.in-addr.arpa`;
  await resolve(reverse(LISTED), 'PTR');
  expect(await askedAgent(reverse(LISTED))).toBe(0);
  await resolve(reverse(PLAIN), 'PTR');
  expect(await askedAgent(reverse(PLAIN))).toBe(1);
});

test('scenario 22: explain says which filter decides', async () => {
  const explained = await world.explain({ kind: 'connection', host: 'git.internal', port: 80 });
  expect(explained).toMatchObject({
    name: { answeredBy: 'docker', filter: { list: 'outgoing.local', pattern: '*.internal' } },
    addresses: [
      {
        address: NAMED,
        // Both names lead there: the whole one decides.
        route: 'agent',
        filter: { list: 'outgoing.remote', pattern: 'secret.internal' },
        connect: { code: 'ok' },
      },
    ],
  });
  const plain = await world.explain({ kind: 'connection', host: WITH_PORT, port: 81 });
  expect(plain).toMatchObject({
    addresses: [{ route: 'local', rule: 'outgoing.local 10.50.3.2:81' }],
  });
});

test('scenario 21: a name of /etc/hosts holds for its address, also one that comes later', async () => {
  expect(await where(PLAIN)).toBe('pod');
  writeFiles(world.networks.service, {
    hosts: `127.0.0.1 localhost\n${DOCKER_HOST4} host.docker.internal\n${PLAIN} late.internal\n`,
  });
  await retry(Date.now() + 20_000, async () => expect(await where(PLAIN)).toBe('near'));
});

test('scenario 22: datagrams follow the filters as connections do', async () => {
  const near = world.start(world.networks.network);
  for (const [program, word] of [
    [cluster, 'pod'],
    [near, 'near'],
  ] as const) {
    for (const address of [LISTED, SHARED]) {
      await program.call('serveDatagrams', { address, port: 5_353, word });
    }
  }
  const answerOf = (address: string) =>
    service.call('datagram', { to: { address, port: 5_353 }, connected: true, waitMs: 5_000 });
  expect(await answerOf(LISTED)).toBe('near');
  expect(await answerOf(SHARED)).toBe('pod');
});

test('scenario 22: a port of the pod’s loopback, unless the service listens on it itself', async () => {
  const loopback = (port: number) => ({ address: '127.0.0.1', port });
  await cluster.call('serve', { ...loopback(9901), how: 'greet', where: 'admin of the pod' });
  expect(await where('127.0.0.1', 9901)).toBe('admin of the pod');
  expect(await where('127.0.0.1', 9902)).toBe('ECONNREFUSED');
  expect(await where('127.0.0.1', 9903)).toBe('ECONNREFUSED');
  const explained = await world.explain({ kind: 'connection', host: '127.0.0.1', port: 9901 });
  expect(explained).toMatchObject({
    addresses: [{ route: 'agent', filter: { list: 'outgoing.podLoopback', pattern: '9901' } }],
  });
  await cluster.call('serve', {
    address: '::1',
    port: 9902,
    how: 'greet',
    where: '::1 of the pod',
  });
  expect(await where('::1', 9902)).toBe('::1 of the pod');
  expect(await where('::1', 9901)).toBe('ECONNREFUSED');
  await service.call('serve', { address: '0.0.0.0', port: 9901, how: 'greet', where: 'service' });
  expect(await where('127.0.0.1', 9901)).toBe('service');
  expect((await world.status()).lastError?.text).toContain('port 9901 of loopback');
  await service.call('unserve', { address: '0.0.0.0', port: 9901 });
  expect(await where('127.0.0.1', 9901)).toBe('admin of the pod');
});

test('scenario 26: a unix socket of the pod, bytes and half-close, for any user', async () => {
  await cluster.call('serveUnix', { path: path.join(sockets, 'echo.sock') });
  const shown = path.join(sockets, 'shown/m/0');
  expect(statSync(shown).mode & 0o777).toBe(0o666);
  const sent = 'x'.repeat(300_000);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => service.call('askUnix', { path: shown, send: sent })),
  );
  expect(new Set(answers.map(({ answer, ending }) => `${ending} ${answer}`))).toEqual(
    new Set([`end whole: ${sent}`]),
  );
  await retry(Date.now() + 10_000, async () => {
    expect((await world.status()).outgoing.open).toBe(0);
  });
});

test('scenario 26: where the pod has no socket the connection ends, and the errno is told', async () => {
  const shown = path.join(sockets, 'shown/m/1');
  const { answer } = await service.call('askUnix', { path: shown, send: 'hello' });
  expect(answer).toBe('');
  const text = `${path.join(sockets, 'absent.sock')}: ENOENT`;
  expect((await world.status()).lastError).toMatchObject({ name: 'outgoing', text });
});

test('TCP fast open is refused and an urgent byte keeps its place: nothing is lost', async () => {
  const python = `
import socket, sys
s = socket.socket()
$OPEN
s.send(b'before ')
s.send(b'!', socket.MSG_OOB)
s.send(b' after')
s.shutdown(socket.SHUT_WR)
read = b''
while True:
    part = s.recv(65536)
    if not part: break
    read += part
print(read.split(b'\\n', 1)[1].decode())
`;
  const to = `('${SHARED}', 80)`;
  const ways = {
    connect: `s.connect(${to}); s.send(b'first ')`,
    // MSG_FASTOPEN; then TCP_FASTOPEN_NO_COOKIE, with which data travels in the SYN.
    fastOpen: `s.sendto(b'first ', 0x20000000, ${to})`,
    dataInSyn: `s.setsockopt(6, 34, 1); s.sendto(b'first ', 0x20000000, ${to})`,
  };
  for (const [name, open] of Object.entries(ways)) {
    const script = python.replace('$OPEN', open);
    const inside = ['netns', 'exec', world.networks.service, 'python3', '-c', script];
    const { stdout } = await runAside('ip', inside);
    expect([name, stdout.trim()]).toEqual([name, 'first before ! after']);
  }
});

test('SO_LINGER 0: a reset of the service’s is one for the server', async () => {
  await cluster.call('serve', { address: SHARED, port: 90, how: 'digest' });
  const before = (await cluster.call('endings', undefined)).length;
  await service.call('cutOff', { to: { address: SHARED, port: 90 } });
  await retry(Date.now() + 10_000, async () => {
    expect((await cluster.call('endings', undefined)).slice(before)).toEqual(['ECONNRESET']);
  });
});

test('keep-alive: the agent’s half of a connection is probed', async () => {
  const { code } = await service.call('keep', { to: { address: SHARED, port: 80 } });
  expect(code).toBe('');
  const inside = ['netns', 'exec', world.networks.pod, 'ss', '-tnoH', 'dport', '=', ':80'];
  const { stdout } = await runAside('ip', inside);
  expect(stdout).toMatch(/timer:\(keepalive,/);
});
