import { expect, test } from 'vitest';
import { findOwn, networkOf, surroundings } from './choose-route.ts';

const address = (family: 'IPv4' | 'IPv6', cidr: string) => ({
  family,
  cidr,
  address: cidr.split('/')[0] ?? '',
  netmask: '',
  mac: '',
  internal: cidr.startsWith('127.'),
  ...(family === 'IPv6' ? { scopeid: 0 } : {}),
});
const interfaces = {
  lo: [address('IPv4', '127.0.0.1/8')],
  eth0: [address('IPv4', '172.18.0.2/16'), address('IPv6', 'fd00:1::2/64')],
} as Parameters<typeof surroundings>[0];
const { own, connected } = surroundings(interfaces);

test('a network to which the namespace is connected, by its own address', () => {
  expect(connected).toEqual(['172.18.0.0/16', 'fd00:1::/64']);
});

test.each([
  ['127.0.0.1', '127.0.0.0/8'],
  ['0.0.0.0', '0.0.0.0/8'],
  ['172.18.0.2', '172.18.0.2'],
  ['172.18.255.9', undefined],
  ['224.0.0.251', '224.0.0.0/4'],
  ['255.255.255.255', '255.255.255.255'],
  // The node's metadata, as the pod sees it.
  ['169.254.169.254', undefined],
  ['10.96.0.1', undefined],
  ['::1', '::/127'],
  ['fe80::1', 'fe80::/10'],
  ['fd00:1::2', 'fd00:1::2'],
  ['fd00:1::99', undefined],
])('no filter takes away %s: %s', (address, network) => {
  expect(findOwn(address, own)).toBe(network);
});

test.each([
  ['10.1.2.3/8', '10.0.0.0/8'],
  ['10.1.2.3/20', '10.1.0.0/20'],
  ['10.1.2.3/32', '10.1.2.3/32'],
  ['fd00:1:2:3::9/52', 'fd00:1:2::/52'],
  ['10.1.2.3/0', '0.0.0.0/0'],
])('%s lies in %s', (cidr, network) => {
  expect(networkOf(cidr)).toBe(network);
});

test('the address that the pod lends is the pod’s', () => {
  const { own: rest } = surroundings(interfaces, 'fd00:1::2');
  expect(rest.v6).toEqual(['::/127', 'fe80::/10', 'ff00::/8']);
});
