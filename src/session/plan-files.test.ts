import { expect, test } from 'vitest';
import type { MountKind } from '../cluster/target.ts';
import { planFiles, volumeNames } from './plan-files.ts';

const mount = (path: string, kind: MountKind) => ({
  path,
  kind,
  volume: 'v',
  subPath: false,
  readOnly: true,
  token: false,
});

const mounts = [
  mount('/var/run/secrets/kubernetes.io/serviceaccount', 'projected'),
  mount('/data', 'emptyDir'),
  mount('/etc/app', 'configMap'),
  mount('/etc/app/key.pem', 'secret'),
];

test('what the kubelet keeps fresh becomes real files, outer trees first', () => {
  const plan = planFiles({
    mounts,
    shown: 'auto',
    read: [],
    sockets: [],
  });
  expect(plan).toEqual([
    { path: '/etc/app', how: 'materialise', stub: 'm/0' },
    { path: '/etc/app/key.pem', how: 'materialise', stub: 'm/1' },
    {
      path: '/var/run/secrets/kubernetes.io/serviceaccount',
      how: 'materialise',
      stub: 'm/2',
    },
  ]);
});

test('further paths are read through the tunnel, once, unless a tree has them', () => {
  const read = ['/srv', '/etc/app/app.conf', '/srv', '/etc/application'];
  const plan = planFiles({ mounts: [], shown: 'auto', read, sockets: [] });
  expect(plan.map(({ path, how }) => `${how} ${path}`)).toEqual([
    'fuse /etc/app/app.conf',
    'fuse /etc/application',
    'fuse /srv',
  ]);
  const beside = planFiles({ mounts, shown: 'auto', read, sockets: [] });
  expect(beside.filter(({ how }) => how === 'fuse').map(({ path }) => path)).toEqual([
    '/etc/application',
    '/srv',
  ]);
});

test('mounts can be off', () => {
  expect(planFiles({ mounts, shown: 'off', sockets: [], read: [] })).toEqual([]);
});

test('unix sockets, once each, need the volume of real files', () => {
  const plan = planFiles({
    mounts: [],
    shown: 'off',
    read: [],
    sockets: ['/b.sock', '/a.sock', '/b.sock'],
  });
  expect(plan).toEqual([
    { path: '/a.sock', how: 'socket', stub: 'm/0' },
    { path: '/b.sock', how: 'socket', stub: 'm/1' },
  ]);
  expect(volumeNames(plan, { project: 'shop', service: 'api' })).toEqual({
    materialised: 'shop_kdev-files-api',
  });
});
