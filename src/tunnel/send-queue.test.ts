import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Decoder } from '../protocol/decoder.ts';
import { FRAME_HEADER_BYTES, frameFraming } from '../protocol/frames.ts';
import { Batch } from './batch.ts';
import { SendQueue } from './send-queue.ts';

test('whatever is queued and taken, DATA frames carry its bytes in order', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 9_000 }), { maxLength: 20 });
  const takes = fc.array(fc.integer({ min: 1, max: 60_000 }), { maxLength: 20 });
  fc.assert(
    fc.property(sizes, takes, (lengths, turns) => {
      const queue = new SendQueue();
      const batch = new Batch();
      const chunks = lengths.map((length, n) => Buffer.alloc(length, n + 1));
      for (const chunk of chunks) queue.push(chunk);
      let frames = 0;
      for (const turn of [...turns, queue.bytes]) {
        const bytes = Math.min(turn, queue.bytes, 65_536);
        if (bytes === 0) continue;
        frames += 1;
        queue.moveTo(batch, 5, bytes);
      }
      const { frames: buffers, bytes } = batch.take();
      const wire = Buffer.concat(buffers);
      expect(wire.length).toBe(bytes);
      const pieces: Buffer[] = [];
      new Decoder(frameFraming, {
        unit: () => expect.unreachable(),
        piece: (id, piece) => {
          expect(id).toBe(5);
          pieces.push(piece);
        },
      }).push(wire);
      const sent = Buffer.concat(chunks).subarray(0, wire.length - frames * FRAME_HEADER_BYTES);
      expect(Buffer.concat(pieces).equals(sent)).toBe(true);
    }),
  );
});

test('small pieces share a buffer, large ones travel as they are', () => {
  const batch = new Batch();
  const small = Buffer.from('small');
  const large = Buffer.alloc(10_000, 1);
  for (const piece of [small, small, large, small]) batch.put(piece);
  const { frames } = batch.take();
  expect(frames.map((frame) => frame.length)).toEqual([10, 10_000, 5]);
  expect(frames[1]).toBe(large);
});

test('a buffer that was handed over is never written again', () => {
  const batch = new Batch();
  batch.put(Buffer.alloc(4_000, 'a'));
  const first = batch.take().frames[0];
  for (let n = 0; n < 40; n += 1) batch.put(Buffer.alloc(4_000, 'b'));
  expect(first?.equals(Buffer.alloc(4_000, 'a'))).toBe(true);
  const second = Buffer.concat(batch.take().frames);
  expect(second.equals(Buffer.alloc(160_000, 'b'))).toBe(true);
});
