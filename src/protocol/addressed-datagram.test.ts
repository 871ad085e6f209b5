import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeAddressed, encodeData, encodeFailure } from './addressed-datagram.ts';
import { LIMITS } from './limits.ts';

const peer4 = { address: Buffer.from([10, 96, 0, 10]), port: 443 };

test('a datagram, byte by byte', () => {
  const bytes = encodeData(peer4, Buffer.from('hi'));
  expect(bytes.toString('hex')).toBe(`00 04 01bb 0a60000a 6869`.replaceAll(' ', ''));
});

test('a failure, byte by byte', () => {
  const failure = { code: 'EMSGSIZE', icmp: { type: 3, code: 4 }, info: 1_400 };
  expect(encodeFailure(peer4, failure).toString('hex')).toBe(
    `01 04 01bb 0a60000a 005a 03 04 00000578`.replaceAll(' ', ''),
  );
});

const address = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
);
const peer = fc.record({
  address: address.map((bytes) => Buffer.from(bytes)),
  port: fc.integer({ min: 1, max: 65_535 }),
});

test('what was encoded is decoded', () => {
  const payload = fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes));
  const icmp = fc.record({
    type: fc.integer({ min: 1, max: 255 }),
    code: fc.integer({ min: 0, max: 255 }),
  });
  const failure = fc.record(
    { code: fc.constantFrom('ECONNREFUSED', 'EHOSTUNREACH'), icmp, info: fc.nat() },
    { requiredKeys: ['code', 'info'] },
  );
  fc.assert(
    fc.property(peer, payload, failure, (one, bytes, what) => {
      expect(decodeAddressed(encodeData(one, bytes))).toEqual({
        kind: 'data',
        peer: one,
        payload: bytes,
      });
      expect(decodeAddressed(encodeFailure(one, what))).toEqual({
        kind: 'failure',
        peer: one,
        failure: what,
      });
    }),
  );
});

test('the largest datagram of IPv4 fits, more than a frame holds does not', () => {
  expect(encodeData(peer4, Buffer.alloc(65_507)).length).toBeLessThan(LIMITS.datagramBytes);
  expect(decodeAddressed(encodeData(peer4, Buffer.alloc(65_528)))).toBeUndefined();
});

test('anything else is no datagram, and never an error', () => {
  for (const hex of ['', '00', '0005', '000401bb0a6000', '000400000a60000a', '020401bb0a60000a']) {
    expect(decodeAddressed(Buffer.from(hex, 'hex'))).toBeUndefined();
  }
  expect(decodeAddressed(Buffer.from('010401bb0a60000a000000', 'hex'))).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const found = decodeAddressed(Buffer.from(bytes));
      if (found?.kind === 'data') expect(found.payload.length).toBeLessThan(bytes.length);
    }),
    { numRuns: 5_000 },
  );
});
