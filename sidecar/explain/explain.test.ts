import { expect, test, vi } from 'vitest';
import type { CallAgent } from '../files/show-files.ts';
import { testWorld } from '../outgoing/test-world.ts';
import { createExplain, type ExplainParts } from './explain.ts';

const ok = { code: 'ok', tookMs: 2 };
const fails = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));

function parts(change: Partial<ExplainParts> = {}): ExplainParts {
  return {
    world: testWorld({
      names: ['db'],
      networks: ['172.18.0.0/16'],
      outgoing: { local: ['*.corp.example', 'postgres:5433', 'udp://10.9.0.0/16'] },
    }),
    podAddress: { ipv6: 'carried' },
    files: { find: () => undefined },
    link: { call: (() => fails('ENOENT')) as CallAgent },
    lookUp: () => Promise.resolve({ ...ok, addresses: ['10.96.0.7'] }),
    connectTo: () => Promise.resolve(ok),
    ...change,
  };
}

const connection = (host: string, port?: number) =>
  ({ kind: 'connection', host, ...(port === undefined ? {} : { port }) }) as const;

test('a name of the cluster: the agent answers, and the connection leaves from the pod', async () => {
  const connectTo = vi.fn(() => Promise.resolve({ code: 'ECONNREFUSED', tookMs: 3 }));
  const explain = createExplain(parts({ connectTo }));
  expect(await explain(connection('postgres', 5432))).toEqual({
    kind: 'connection',
    name: { answeredBy: 'agent', rule: 'default', lookup: ok },
    addresses: [
      {
        address: '10.96.0.7',
        route: 'agent',
        rule: 'default',
        connect: { code: 'ECONNREFUSED', tookMs: 3 },
      },
    ],
  });
  expect(connectTo).toHaveBeenCalledWith('10.96.0.7', 5432);
});

test('a name of the project stays with Docker, one of /etc/hosts asks nobody', async () => {
  const lookUp = () => Promise.resolve({ ...ok, addresses: ['172.18.0.3'] });
  const explain = createExplain(parts({ lookUp }));
  expect(await explain(connection('DB.'))).toEqual({
    kind: 'connection',
    name: { answeredBy: 'docker', rule: 'a name of the compose project', lookup: ok },
    addresses: [{ address: '172.18.0.3', route: 'local', rule: 'a name of the compose project' }],
  });
  expect(await explain(connection('gateway'))).toMatchObject({
    name: { answeredBy: 'hosts file' },
  });
});

test('a name that leads nowhere has no addresses', async () => {
  const lookUp = () => Promise.resolve({ code: 'ENOTFOUND', tookMs: 2, addresses: [] });
  expect(await createExplain(parts({ lookUp }))(connection('nobody', 80))).toMatchObject({
    name: { lookup: { code: 'ENOTFOUND' } },
    addresses: [],
  });
});

test('a filter decides: of a name, of its port, of datagrams, which are not tried', async () => {
  const filter = (pattern: string) => ({
    rule: `outgoing.local ${pattern}`,
    filter: { list: 'outgoing.local', pattern },
  });
  const connectTo = vi.fn(() => Promise.resolve(ok));
  const explain = createExplain(parts({ connectTo }));
  expect(await explain(connection('git.corp.example'))).toMatchObject({
    name: { answeredBy: 'docker', ...filter('*.corp.example') },
    addresses: [{ route: 'local', ...filter('*.corp.example') }],
  });
  expect(await explain(connection('postgres', 5433))).toMatchObject({
    name: { answeredBy: 'agent', rule: 'default' },
    addresses: [{ route: 'local', ...filter('postgres:5433') }],
  });
  connectTo.mockClear();
  expect(await explain({ ...connection('10.9.0.1', 53), transport: 'udp' })).toEqual({
    kind: 'connection',
    addresses: [{ address: '10.9.0.1', route: 'local', ...filter('udp://10.9.0.0/16') }],
  });
  expect(connectTo).not.toHaveBeenCalled();
});

test('an address is not looked up', async () => {
  const lookUp = vi.fn();
  const explain = createExplain(parts({ lookUp }));
  expect(await explain(connection('127.0.0.1', 80))).toMatchObject({
    addresses: [{ route: 'local', rule: '127.0.0.0/8 is reached directly' }],
  });
  expect(lookUp).not.toHaveBeenCalled();
});

test('UDP is not tried; port 53 is the names’, of whatever address and transport', async () => {
  const connectTo = vi.fn();
  const explain = createExplain(parts({ connectTo }));
  const rules = [3478, 53].map(async (port) => {
    const answer = await explain({ ...connection('10.96.0.10', port), transport: 'udp' });
    return answer.kind === 'connection' && answer.addresses[0]?.rule;
  });
  expect(await Promise.all(rules)).toEqual([
    'default',
    expect.stringContaining('port 53 of any address is the names'),
  ]);
  expect(await explain(connection('8.8.8.8', 53))).toEqual({
    kind: 'connection',
    addresses: [
      {
        address: '8.8.8.8',
        route: 'agent',
        rule: expect.stringContaining('port 53 of any address is the names'),
      },
    ],
  });
  expect(connectTo).not.toHaveBeenCalled();
});

test.each([
  ['carried', { route: 'agent', rule: 'default' }],
  ['not in the pod', { route: 'agent', rule: 'default; the pod has no IPv6 address' }],
  ['switched off here', { route: 'refused' }],
] as const)('IPv6 that is %s', async (ipv6, told) => {
  const explain = createExplain(parts({ podAddress: { ipv6 } }));
  expect(await explain(connection('fd00::1'))).toMatchObject({ addresses: [told] });
});

test('a path that is shown, and what it is in the pod', async () => {
  const plan = { path: '/etc/app', stub: 'm/0', how: 'materialise' } as const;
  const attributes = { mode: 0o100644, size: 6 };
  const explain = createExplain(
    parts({
      files: { find: () => ({ plan, missing: 'EACCES' }) },
      link: { call: (() => Promise.resolve({ body: { attributes } })) as unknown as CallAgent },
    }),
  );
  expect(await explain({ kind: 'path', path: '/etc/app/app.conf' })).toEqual({
    kind: 'path',
    shown: { path: '/etc/app', how: 'materialise', missing: 'EACCES' },
    inPod: { code: 'ok', tookMs: expect.any(Number), type: 'file', bytes: 6 },
  });
});

test('a path of the service’s own', async () => {
  expect(await createExplain(parts())({ kind: 'path', path: '/srv' })).toEqual({
    kind: 'path',
    inPod: { code: 'ENOENT', tookMs: expect.any(Number) },
  });
});
