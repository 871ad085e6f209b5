import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeControl, parseControl } from './message-batch.ts';

const control = (level: number, type: number, data: Buffer) => encodeControl({ level, type, data });

test('control messages are read one behind the other, each padded to eight bytes', () => {
  const bytes = Buffer.concat([
    control(1, 40, Buffer.from('07000000', 'hex')),
    control(0, 20, Buffer.alloc(16, 1)),
  ]);
  expect(parseControl(bytes)).toEqual([
    { level: 1, type: 40, data: Buffer.from('07000000', 'hex') },
    { level: 0, type: 20, data: Buffer.alloc(16, 1) },
  ]);
});

test('whatever stands there, no control message reaches beyond the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 192 }), (random) => {
      const bytes = Buffer.from(random);
      const found = parseControl(bytes);
      const size = found.reduce((sum, { data }) => sum + 16 + data.length, 0);
      expect(size).toBeLessThanOrEqual(bytes.length);
    }),
    { numRuns: 2_000 },
  );
});

test('a message without a length, or with one beyond the end, ends the list', () => {
  const good = control(1, 40, Buffer.alloc(4));
  for (const length of [0n, 15n, 25n, 2n ** 63n]) {
    const bad = Buffer.alloc(24);
    bad.writeBigUInt64LE(length, 0);
    expect(parseControl(Buffer.concat([good, bad]))).toHaveLength(1);
  }
});
