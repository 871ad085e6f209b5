import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { encodeName } from '../../src/protocol/dns-message.ts';
import type { ZoneEntry } from './sidecar-agent.ts';
import { NEIGHBOUR4 } from './sidecar-networks.ts';
import type { Program } from './sidecar-process.ts';
import type { Commands } from './sidecar-program.ts';
import { retry, SidecarWorld } from './sidecar-world.ts';

const run = promisify(execFile);
const [A, SRV, TXT, AAAA] = [1, 33, 16, 28];

let world: SidecarWorld;
let service: Program<Commands>;
let docker: Program<Commands>;

const name = (text: string) => encodeName(text.split('.')).toString('hex');
const text = (value: string) =>
  Buffer.concat([Buffer.of(value.length), Buffer.from(value)]).toString('hex');

const zone: Record<string, ZoneEntry> = {
  'postgres 1': { rcode: 0, records: [{ type: A, data: '0a60000a' }] },
  'postgres 28': { rcode: 0, records: [{ type: AAAA, data: 'fd000096000000000000000000000010' }] },
  '_pg._tcp.postgres 33': {
    rcode: 0,
    records: [{ type: SRV, data: `0001000a1538${name('pod-0.postgres')}` }],
  },
  'postgres 16': { rcode: 0, records: [{ type: TXT, data: text('hello') }] },
  postgres: { rcode: 0 },
  'large 16': {
    rcode: 0,
    records: Array.from({ length: 30 }, (_, i) => ({
      type: TXT,
      data: text(`${i} ${'x'.repeat(90)}`),
    })),
  },
  broken: { rcode: 2 },
  silent: { errno: 'ETIMEDOUT' },
  // The cluster, too, has something by the names of the compose project.
  'db 1': { rcode: 0, records: [{ type: A, data: '0a600063' }] },
  'down 1': { rcode: 0, records: [{ type: A, data: '0a600063' }] },
};

beforeAll(async () => {
  world = await SidecarWorld.build({ localNames: ['db', 'down'] });
  service = world.start(world.networks.service);
  docker = world.start(world.networks.service);
  await docker.call('serveDocker', { names: { db: NEIGHBOUR4 }, upstream: '9.9.9.9' });
  const wrong = world.start(world.networks.network);
  await wrong.call('serveDns', { address: NEIGHBOUR4, everything: '203.0.113.66' });
});

beforeEach(() => world.agent.call('zone', zone));

afterAll(() => world?.demolish());

const resolve = async (host: string, type: string) =>
  (await service.call('resolve', { name: host, type })).answer;

test('scenario 20: A, AAAA, SRV, TXT as the agent answers them', async () => {
  expect(await resolve('postgres', 'A')).toEqual(['10.96.0.10']);
  expect(await resolve('postgres', 'AAAA')).toEqual(['fd00:96::10']);
  expect(await resolve('postgres', 'TXT')).toEqual([['hello']]);
  expect(await resolve('_pg._tcp.postgres', 'SRV')).toMatchObject([
    { priority: 1, weight: 10, port: 5432, name: 'pod-0.postgres' },
  ]);
});

test('scenario 20: NXDOMAIN, NODATA, SERVFAIL and silence can be told apart', async () => {
  expect(await resolve('nobody', 'A')).toBe('ENOTFOUND');
  expect(await resolve('postgres', 'MX')).toBe('ENODATA');
  expect(await resolve('broken', 'A')).toBe('ESERVFAIL');
  expect(await resolve('silent', 'A')).toBe('ETIMEOUT');
});

test('scenario 20: glibc finds names and misses them', async () => {
  const getent = (host: string) =>
    run('ip', ['netns', 'exec', world.networks.service, 'getent', 'ahostsv4', host]);
  expect((await getent('postgres')).stdout).toContain('10.96.0.10');
  await expect(getent('nobody')).rejects.toMatchObject({ code: 2 });
});

test('what is too long for 512 bytes comes by TCP', async () => {
  const answer = await resolve('large', 'TXT');
  expect(answer).toHaveLength(30);
  const plain = `1234 0100 0001 0000 0000 0000 05 6c61726765 00 0010 0001`.replaceAll(' ', '');
  const truncated = Buffer.from(
    (await service.call('ask', { query: plain, waitMs: 2_000 })) ?? '',
    'hex',
  );
  expect(truncated.length).toBeLessThan(512);
  expect((truncated[2] ?? 0) & 2).toBe(2);
  const edns = `1234 0100 0001 0000 0000 0001 05 6c61726765 00 0010 0001 00 0029 1000 00000000 0000`;
  const whole = await service.call('ask', { query: edns.replaceAll(' ', ''), waitMs: 2_000 });
  expect((whole?.length ?? 0) / 2).toBeGreaterThan(2_700);
});

test('over TCP questions may come together, and the client may end before the answers', async () => {
  const one = '001a 0007 0100 0001 0000 0000 0000 08 706f737467726573 00 0001 0001'.replaceAll(
    ' ',
    '',
  );
  const answers = await service.call('askTcp', { bytes: one + one });
  expect(answers.match(/0a60000a/g)).toHaveLength(2);
});

test('garbage is answered with FORMERR or not at all, and everything goes on', async () => {
  expect(await service.call('ask', { query: '1234', waitMs: 300 })).toBeUndefined();
  const noQuestion = '1234 0100 0000 0000 0000 0000'.replaceAll(' ', '');
  const refused = await service.call('ask', { query: noQuestion, waitMs: 2_000 });
  expect(refused).toBe('123481810000000000000000');
  expect(await resolve('postgres', 'A')).toEqual(['10.96.0.10']);
});

test('scenario 21: names of the compose project are Docker’s, though the cluster has them too', async () => {
  expect(await resolve('db', 'A')).toEqual([NEIGHBOUR4]);
  expect(await resolve('DB', 'A')).toEqual([NEIGHBOUR4]);
  expect(await resolve('db', 'TXT')).toBe('ENODATA');
  const asked = await world.agent.call('asked', undefined);
  expect(asked.filter((question) => question.startsWith('db '))).toEqual([]);
});

test('a local name that Docker does not know now does not become the cluster’s', async () => {
  expect(await resolve('down', 'A')).toBe('ENOTFOUND');
  const asked = await world.agent.call('asked', undefined);
  expect(asked.filter((question) => question.startsWith('down '))).toEqual([]);
});

test('what anybody asks another nameserver is answered by the agent, not by that server', async () => {
  const other = { name: 'postgres', type: 'A', server: '9.9.9.9' };
  expect((await service.call('resolve', other)).answer).toEqual(['10.96.0.10']);
  const v6 = { ...other, server: '2001:db8::53' };
  expect((await service.call('resolve', v6)).answer).toEqual(['10.96.0.10']);
});

test('a nameserver of the compose project itself is asked where it is', async () => {
  const near = { name: 'postgres', type: 'A', server: NEIGHBOUR4 };
  expect((await service.call('resolve', near)).answer).toEqual(['203.0.113.66']);
});

test('two hundred and fifty questions at once are all answered', async () => {
  const answers = await service.call('resolveMany', { name: 'postgres', count: 250 });
  expect(answers).toEqual({ '10.96.0.10': 250 });
});

test('without a link the answer is SERVFAIL within resolvers’ patience, and local names go on', async () => {
  world.cut();
  const { answer, ms } = await service.call('resolve', { name: 'postgres', type: 'A' });
  expect(answer).toBe('ESERVFAIL');
  expect(ms).toBeLessThan(4_500);
  const again = await service.call('resolve', { name: 'postgres', type: 'A' });
  expect(again.answer).toBe('ESERVFAIL');
  expect(again.ms).toBeLessThan(1_500);
  expect(await resolve('db', 'A')).toEqual([NEIGHBOUR4]);
  await world.connect();
  await retry(Date.now() + 2_000, async () =>
    expect(await resolve('postgres', 'A')).toEqual(['10.96.0.10']),
  );
  expect((await world.status()).dns.failed).toBeGreaterThanOrEqual(2);
});
