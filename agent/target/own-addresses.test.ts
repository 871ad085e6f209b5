import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { ownAddresses } from './own-addresses.ts';

const info = (address: string, internal = false) =>
  ({ address, family: address.includes(':') ? 'IPv6' : 'IPv4', internal }) as NetworkInterfaceInfo;

test('neither loopback nor link-local addresses are told, and not too many', () => {
  const many = Array.from({ length: 40 }, (_, n) => info(`fd00::${n + 1}`));
  expect(
    ownAddresses({
      lo: [info('127.0.0.1', true), info('::1', true), info('fd00:1::1', true)],
      eth0: [info('fe80::1'), info('febf::1'), info('10.244.0.7'), ...many],
    }),
  ).toEqual(['10.244.0.7', ...many.slice(0, 16).map(({ address }) => address)]);
  expect(ownAddresses({})).toEqual([]);
});
