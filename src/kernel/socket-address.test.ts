import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeSocketAddress, encodeSocketAddress, familyOf } from './socket-address.ts';

test('struct sockaddr_in: family 2, port and address in network order', () => {
  const bytes = encodeSocketAddress({ address: '10.1.2.3', port: 0x1538 });
  expect(bytes.toString('hex')).toBe('0200' + '1538' + '0a010203' + '0000000000000000');
});

test('struct sockaddr_in6: family 10, port, flow, address, scope', () => {
  const bytes = encodeSocketAddress({ address: '2001:db8::7', port: 80 });
  const address = '20010db8000000000000000000000007';
  expect(bytes.toString('hex')).toBe(`0a00${'0050'}${'00000000'}${address}${'00000000'}`);
});

test('any endpoint survives', () => {
  const address = fc.oneof(fc.ipV4(), fc.constantFrom('::', '::1', '2001:db8::7', 'fe80::a:0:0:1'));
  fc.assert(
    fc.property(address, fc.integer({ min: 0, max: 65535 }), (text, port) => {
      const endpoint = { address: text, port };
      expect(decodeSocketAddress(encodeSocketAddress(endpoint))).toEqual(endpoint);
    }),
  );
});

test('never reads behind its bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const decoded = decodeSocketAddress(Buffer.from(bytes));
      if (decoded !== undefined) expect(familyOf(decoded.address)).toBeGreaterThan(0);
    }),
  );
  expect(decodeSocketAddress(Buffer.alloc(15))).toBeUndefined();
  const short = encodeSocketAddress({ address: '::1', port: 1 }).subarray(0, 27);
  expect(decodeSocketAddress(short)).toBeUndefined();
});

test('a port beyond 16 bits is refused', () => {
  expect(() => encodeSocketAddress({ address: '::1', port: 65536 })).toThrow(RangeError);
});
