import { expect, test } from 'vitest';
import { chooseAddress } from './deliver-datagrams.ts';

const bound = (family: 4 | 6, ...addresses: string[]) => ({ port: 53, family, addresses });

test.each([
  ['all of IPv4', 4, [bound(4, '0.0.0.0')], '127.0.0.1'],
  ['all of both', 4, [bound(6, '::')], '127.0.0.1'],
  ['all of both, for IPv6', 6, [bound(6, '::')], '::1'],
  ['loopback alone', 4, [bound(4, '127.0.0.1')], '127.0.0.1'],
  ['one address', 4, [bound(4, '172.18.0.2')], '172.18.0.2'],
  ['another family alone', 4, [bound(6, 'fd00::2')], undefined],
  ['the other family too', 6, [bound(4, '0.0.0.0'), bound(6, 'fd00::2')], 'fd00::2'],
  ['nothing', 4, [], undefined],
] as const)('a socket that is bound to %s', (_what, family, sockets, address) => {
  expect(chooseAddress(family, 53, sockets)).toBe(address);
  expect(chooseAddress(family, 54, sockets)).toBeUndefined();
});
