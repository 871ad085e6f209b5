import { expect, test } from 'vitest';
import type { Target } from '../cluster/target.ts';
import { settingKeys } from '../config/resolve-settings.ts';
import type { Origin, ServiceSettings } from '../config/settings.ts';
import { everyOf, planAgent, portsOf, queryOf } from './decide.ts';

const byDefault: Origin = { from: 'default', words: 'default' };
const settings: ServiceSettings = {
  service: 'orders',
  target: { kind: 'deployment', name: 'orders' },
  namespace: undefined,
  context: undefined,
  container: undefined,
  incoming: {
    mode: 'steal',
    ports: undefined,
    ignore: [],
    flush: false,
    probes: 'target',
    filter: undefined,
  },
  outgoing: { local: [], remote: [], podLoopback: [], unix: [] },
  dns: { local: [], remote: [] },
  env: { include: ['*'], exclude: [], override: {}, unset: [] },
  files: { mounts: 'auto', read: [] },
  agent: { image: 'kdev/runtime:1', namespace: undefined, mode: 'auto' },
  origins: Object.fromEntries(
    settingKeys.map((key) => [key, byDefault]),
  ) as ServiceSettings['origins'],
};

const target: Target = {
  name: 'deployment/orders',
  kind: 'deployment',
  namespace: 'shop',
  pod: 'orders-1',
  podUid: 'u',
  podAddress: '10.1.1.1',
  hostname: 'orders-1',
  node: 'node-1',
  hostNetwork: false,
  container: 'app',
  containerFrom: 'the only one',
  containerId: 'c'.repeat(64),
  image: 'orders:1',
  pullSecrets: [],
  ports: [
    { port: 8080, protocol: 'TCP' },
    { port: 53, protocol: 'UDP' },
  ],
  probePorts: [8080],
  mounts: [],
  readyPods: 1,
};

const options = { session: 'abcdefghijkl', owner: 'ada@laptop', env: {} };

test('ports: those asked for, else the declared ones, else none', () => {
  expect(portsOf(settings, target)).toEqual([
    { target: 8080, service: 8080 },
    { target: 53, service: 53, transport: 'udp' },
  ]);
  const filter = { header: 'x-user: ada' } as unknown as ServiceSettings['incoming']['filter'];
  const filtered = { ...settings, incoming: { ...settings.incoming, filter } };
  expect(portsOf(filtered, target)).toEqual([{ target: 8080, service: 8080 }]);
  const asked = [{ target: 80, service: 3000 }];
  const incoming = { ...settings.incoming, ports: asked };
  expect(portsOf({ ...settings, incoming }, target)).toEqual(asked);
  expect(portsOf({ ...settings, incoming: { ...incoming, mode: 'off' } }, target)).toEqual([]);
});

test('a container that declares no port is told', () => {
  expect(() => portsOf(settings, { ...target, ports: [] })).toThrow('declares no port');
});

test('ports that are ignored are left out, and it is told where none is left', () => {
  const asked = [
    { target: 80, service: 3000 },
    { target: 9090, service: 9090 },
  ];
  const incoming = { ...settings.incoming, ports: asked, ignore: [80] };
  expect(portsOf({ ...settings, incoming }, target)).toEqual([asked[1]]);
  const none = { ...settings.incoming, ignore: [8080, 53] };
  expect(() => portsOf({ ...settings, incoming: none }, target)).toThrow('leaves no port');
});

test('of every port of the service none is known beforehand', () => {
  const incoming = { ...settings.incoming, ports: 'all' as const, ignore: [9229] };
  const all = { ...settings, incoming };
  expect(portsOf(all, { ...target, ports: [] })).toEqual([]);
  expect(everyOf(all)).toEqual({ every: { except: [9229] } });
  expect(everyOf({ ...all, incoming: { ...incoming, mode: 'off' } })).toEqual({});
  expect(planAgent({ settings: all, target, ports: [] }, options).incoming.ports).toBe('all');
});

test('the agent lives beside the target unless there is a namespace for agents', () => {
  const ports = [{ target: 8080, service: 80 }];
  const plan = planAgent({ settings, target, ports }, options);
  expect(plan).toMatchObject({
    session: 'abcdefghijkl',
    namespace: 'shop',
    files: true,
    owner: 'ada@laptop',
    incoming: { mode: 'steal', ports: [8080] },
    config: { probePorts: [8080], target: { pod: 'orders-1', containerId: 'c'.repeat(64) } },
  });
  const elsewhere = { ...settings, agent: { ...settings.agent, namespace: 'agents' } };
  expect(planAgent({ settings: elsewhere, target, ports }, options).namespace).toBe('agents');
});

test('a query names the kind, and the container only where one is asked for', () => {
  expect(queryOf(settings, 'shop')).toEqual({ namespace: 'shop', target: 'deployment/orders' });
  expect(queryOf({ ...settings, container: 'app' }, 'shop')).toMatchObject({ container: 'app' });
});

test('probes are told from other clients unless the service answers them', () => {
  const probePortsOf = (probes: 'target' | 'steal') => {
    const incoming = { ...settings.incoming, probes };
    return planAgent({ settings: { ...settings, incoming }, target, ports: [] }, options).config
      .probePorts;
  };
  expect(probePortsOf('target')).toEqual([8080]);
  expect(probePortsOf('steal')).toEqual([]);
});
