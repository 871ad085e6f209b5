import { expect, test } from 'vitest';
import { LIMITS } from '../protocol/limits.ts';
import { Batch } from './batch.ts';
import { DatagramQueue } from './datagrams.ts';

test('the oldest make room for the newest, and are counted', () => {
  const queue = new DatagramQueue();
  const payload = Buffer.alloc(1_016);
  const fits = LIMITS.datagramQueueBytes / 1_024;
  for (let flow = 0; flow < fits; flow += 1) expect(queue.push(flow, payload)).toBe(0);
  expect(queue.push(fits, payload)).toBe(1);
  expect(queue.push(fits + 1, payload)).toBe(1);
  expect(queue.dropped).toBe(2);
  const batch = new Batch();
  queue.fill(batch, 1);
  expect(batch.take().frames[0]?.readUInt32BE(4)).toBe(2);
  queue.fill(batch, Number.POSITIVE_INFINITY);
  expect(batch.take().bytes).toBe((fits - 1) * 1_024);
  expect(queue.waiting).toBe(false);
});

test('one beyond its limit is dropped, an empty one is not', () => {
  const queue = new DatagramQueue();
  expect(queue.push(1, Buffer.alloc(LIMITS.datagramBytes + 1))).toBe(1);
  expect(queue.push(1, Buffer.alloc(LIMITS.datagramBytes))).toBe(0);
  expect(queue.push(1, Buffer.alloc(0))).toBe(0);
  expect(queue.dropped).toBe(1);
});
