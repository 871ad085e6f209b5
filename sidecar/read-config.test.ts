import { expect, test } from 'vitest';
import { readConfig } from './read-config.ts';

const config = {
  protocol: 2,
  session: 'abcdefghjkmn',
  service: 'orders',
  linkDirectory: '/run/kdev',
  incoming: { mode: 'steal', ports: [{ target: 80, service: 3000 }], flush: true },
  outgoing: { local: ['*.internal:5432'], remote: ['**'], podLoopback: [9901] },
  dns: { local: [], remote: ['db'] },
  localNames: ['db'],
  files: { mounts: [{ path: '/etc/a', stub: 'm/0', how: 'fuse' }], mounted: '/m' },
};

const off = { mode: 'off', flush: false };

test('what the session writes is read as it is', () => {
  const every = { ...config, incoming: { ...off, ports: [], every: { except: [9229] } } };
  for (const one of [config, every]) expect(readConfig(JSON.stringify(one))).toEqual(one);
});

test.each<[string, object]>([
  ['protocol', { protocol: 3 }],
  ['session', { session: '' }],
  ['service', { service: 7 }],
  ['linkDirectory', { linkDirectory: undefined }],
  ['incoming', { incoming: [] }],
  ['incoming.mode', { incoming: { mode: 'copy', ports: [] } }],
  ['incoming.every', { incoming: { ...off, ports: [], every: { except: [0] } } }],
  ['incoming.flush', { incoming: { mode: 'off', ports: [] } }],
  ['incoming.ports', { incoming: { ...off, ports: [{ target: 0, service: 1 }] } }],
  ['incoming.ports', { incoming: { ...off, ports: [{ target: 1, service: 65_536 }] } }],
  ['outgoing', { outgoing: undefined }],
  ['outgoing.local', { outgoing: { local: ['10.0.0.300'], remote: [] } }],
  ['outgoing.remote', { outgoing: { local: [], remote: Array(257).fill('db') } }],
  ['outgoing.podLoopback', { outgoing: { local: [], remote: [], podLoopback: [0] } }],
  [
    'outgoing.podLoopback',
    { outgoing: { local: [], remote: [], podLoopback: Array(257).fill(1) } },
  ],
  ['dns.local', { dns: { local: [7], remote: [] } }],
  ['dns.remote', { dns: { local: [] } }],
  ['localNames', { localNames: 'db' }],
  ['files.materialised', { files: { mounts: [], materialised: 1 } }],
  ['files.mounts.how', { files: { mounts: [{ path: '/a', stub: 'b', how: 'copy' }] } }],
])('a wrong %s is refused by its name', (key, change) => {
  expect(() => readConfig(JSON.stringify({ ...config, ...change }))).toThrow(key);
});

test('none, and what is no JSON, is refused', () => {
  expect(() => readConfig(undefined)).toThrow('KDEV_CONFIG is not set');
  expect(() => readConfig('{')).toThrow();
});
