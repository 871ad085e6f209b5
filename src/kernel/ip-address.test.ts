import net from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAddress, parseAddress } from './ip-address.ts';

/** Text, bytes, canonical text (RFC 5952). */
const EXAMPLES = [
  ['127.0.0.1', '7f000001', '127.0.0.1'],
  ['::', '00000000000000000000000000000000', '::'],
  ['::1', '00000000000000000000000000000001', '::1'],
  ['2001:DB8::7', '20010db8000000000000000000000007', '2001:db8::7'],
  ['1:0:0:2:0:0:0:3', '00010000000000020000000000000003', '1:0:0:2::3'],
  ['1:0:2:3:4:5:6:7', '00010000000200030004000500060007', '1:0:2:3:4:5:6:7'],
  ['0:0:1::', '00000000000100000000000000000000', '0:0:1::'],
  ['fe80::', 'fe800000000000000000000000000000', 'fe80::'],
  ['::ffff:10.1.2.3', '00000000000000000000ffff0a010203', '::ffff:10.1.2.3'],
  ['64:ff9b::10.1.2.3', '0064ff9b00000000000000000a010203', '64:ff9b::a01:203'],
] as const;

test.each(EXAMPLES)('%s', (text, bytes, canonical) => {
  expect(parseAddress(text).toString('hex')).toBe(bytes);
  expect(formatAddress(Buffer.from(bytes, 'hex'))).toBe(canonical);
});

test('any address survives the way to text and back, and Node reads it', () => {
  const sparse = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 }));
  for (const length of [4, 16]) {
    fc.assert(
      fc.property(fc.array(sparse, { minLength: length, maxLength: length }), (values) => {
        const bytes = Buffer.from(values);
        const text = formatAddress(bytes);
        expect(net.isIP(text)).toBe(length === 4 ? 4 : 6);
        expect(parseAddress(text).equals(bytes)).toBe(true);
      }),
    );
  }
});

test.each(['', 'localhost', '1.2.3', '256.1.1.1', 'fe80::1%eth0', '::1 ', '1::2::3', ':::'])(
  'refuses %j',
  (text) => {
    expect(() => parseAddress(text)).toThrow(/not an IP address/);
  },
);

test('refuses another number of bytes', () => {
  expect(() => formatAddress(Buffer.alloc(6))).toThrow(/4 or 16 bytes/);
});
