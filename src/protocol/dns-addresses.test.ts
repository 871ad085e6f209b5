import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressesOf } from './dns-addresses.ts';

const bytes = (hex: string) => Buffer.from(hex.replace(/\s/g, ''), 'hex');
// An answer for www.kdev: a CNAME to db, two addresses of db, and something of another type.
const question = '03 777777 04 6b646576 00 0001 0001';
const alias = 'c00c 0005 0001 0000003c 0004 02 6462 00';
const v4 = '02 6462 00 0001 0001 0000001e 0004 0a090807';
const v6 = '02 6462 00 001c 0001 00000e10 0010 fd000000000000000000000000000001';
const text = 'c00c 0010 0001 0000003c 0003 02 6869';
const answer = bytes(
  `1234 8180 0001 0004 0000 0001 ${question} ${alias} ${v4} ${v6} ${text} ${v4}`,
);

test('addresses of the answer’s section, at the end of a chain of names too', () => {
  expect(addressesOf(answer)).toEqual([
    { address: '10.9.8.7', ttlSeconds: 30 },
    { address: 'fd00::1', ttlSeconds: 3600 },
  ]);
});

test('a time to live with the upper bit is none', () => {
  const record = v4.replace('0000001e', 'ffffffff');
  const message = bytes(`1234 8180 0001 0001 0000 0000 ${question} ${record}`);
  expect(addressesOf(message)).toEqual([{ address: '10.9.8.7', ttlSeconds: 0 }]);
});

test('more records promised than there are, and data of the wrong length', () => {
  expect(addressesOf(bytes(`1234 8180 0001 ffff 0000 0000 ${question} ${v4}`))).toHaveLength(1);
  const short = v4.replace('0004 0a090807', '0003 0a0908');
  expect(addressesOf(bytes(`1234 8180 0001 0001 0000 0000 ${question} ${short}`))).toEqual([]);
});

test('property: any bytes are read to an end', () => {
  const damage = fc.array(fc.tuple(fc.nat(answer.length - 1), fc.nat(255)), { maxLength: 8 });
  fc.assert(
    fc.property(damage, fc.nat(answer.length), (changes, length) => {
      const message = Buffer.from(answer.subarray(0, length));
      for (const [at, value] of changes) if (at < length) message[at] = value;
      expect(addressesOf(message).length).toBeLessThan(length + 1);
    }),
    { numRuns: 2_000 },
  );
});
