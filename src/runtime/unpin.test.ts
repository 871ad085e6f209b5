import { expect, test } from 'vitest';
import { unpin } from './unpin.ts';

test('a slice under a quarter of its memory is copied, a larger one is not', () => {
  const chunk = Buffer.allocUnsafeSlow(1000);
  const small = chunk.subarray(0, 249);
  const copy = unpin(small);
  expect(copy.equals(small)).toBe(true);
  expect(copy.buffer).not.toBe(chunk.buffer);
  const large = chunk.subarray(0, 250);
  expect(unpin(large)).toBe(large);
});
