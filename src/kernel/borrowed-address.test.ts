import { expect, test } from 'vitest';
import { encodeAddress, encodeFallback } from './borrowed-address.ts';

test('struct ifaddrmsg, and the address twice', () => {
  const address = '20010db8000000000000000000000007';
  expect(Buffer.concat(encodeAddress('2001:db8::7')).toString('hex')).toBe(
    // AF_INET6, /128, no duplicate address detection, universe; lo
    `${'0a800200'}${'01000000'}14000200${address}14000100${address}`,
  );
  expect(() => encodeAddress('fe80::1%eth0')).toThrow('not an IP address');
});

test('a rule behind that of the main table', () => {
  expect(Buffer.concat(encodeFallback(107)).toString('hex')).toBe(
    // AF_INET6, from everywhere, to a table; priority 32767, table 107
    ['0a000000', '00000001', '00000000', '08000600ff7f0000', '08000f006b000000'].join(''),
  );
});
