import { expect, test } from 'vitest';
import { chooseRoute, localNetworks } from './choose-route.ts';

const address = (family: 'IPv4' | 'IPv6', cidr: string) => ({
  family,
  cidr,
  address: cidr.split('/')[0] ?? '',
  netmask: '',
  mac: '',
  internal: false,
  ...(family === 'IPv6' ? { scopeid: 0 } : {}),
});
const interfaces = {
  lo: [address('IPv4', '127.0.0.1/8')],
  eth0: [address('IPv4', '172.18.0.2/16'), address('IPv6', 'fd00:1::2/64')],
} as Parameters<typeof localNetworks>[0];
const local = localNetworks(interfaces, ['172.17.0.1', 'fd99::1']);

test.each([
  ['127.0.0.1', 'local', 'loopback'],
  ['0.0.0.0', 'local', 'this host'],
  ['172.18.0.2', 'local', 'own address'],
  ['172.18.255.9', 'local', 'connected network'],
  ['172.17.0.1', 'local', 'address of a local name'],
  ['172.17.0.2', 'agent', 'its neighbour'],
  ['224.0.0.251', 'local', 'multicast'],
  ['255.255.255.255', 'local', 'broadcast'],
  ['169.254.169.254', 'agent', 'the node’s metadata, as the pod sees it'],
  ['10.96.0.1', 'agent', 'the cluster'],
  ['::1', 'local', 'loopback'],
  ['fe80::1', 'local', 'link-local'],
  ['fd00:1::99', 'local', 'connected network'],
  ['fd99::1', 'local', 'address of a local name'],
  ['2001:db8::1', 'agent', 'anywhere else'],
])('%s is %s: %s', (destination, route) => {
  expect(chooseRoute(destination, local)).toBe(route);
});

test('each network is listed once', () => {
  expect(local.v4.filter((network) => network.startsWith('127.'))).toEqual([
    '127.0.0.0/8',
    '127.0.0.1/8',
  ]);
  expect(localNetworks({}, []).v6).toEqual(['::/127', 'fe80::/10', 'ff00::/8']);
});
