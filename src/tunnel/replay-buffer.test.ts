import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReplayBuffer } from './replay-buffer.ts';

test('whatever is pushed and trimmed, it holds the bytes between its offsets', () => {
  const step = fc.oneof(
    fc.record({ push: fc.array(fc.string({ maxLength: 9 }), { maxLength: 4 }) }),
    fc.record({ trim: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const replay = new ReplayBuffer();
      let all = Buffer.alloc(0);
      for (const { push, trim } of steps as { push?: string[]; trim?: number }[]) {
        if (push !== undefined) {
          const frames = push.map((text) => Buffer.from(text));
          const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
          replay.push(frames, bytes);
          all = Buffer.concat([all, ...frames]);
        }
        if (trim !== undefined) replay.trim(replay.start + Math.floor(trim * replay.bytes));
        expect(replay.end).toBe(all.length);
        expect(replay.bytes).toBe(replay.end - replay.start);
        expect(Buffer.concat(replay.contents()).equals(all.subarray(replay.start))).toBe(true);
      }
    }),
  );
});

test('it keeps no memory of what was acknowledged', () => {
  const replay = new ReplayBuffer();
  const frame = Buffer.alloc(10);
  for (let n = 0; n < 10_000; n += 1) {
    replay.push([frame], 10);
    replay.trim(n * 10);
  }
  expect(replay.contents().length).toBeLessThan(3);
  replay.clear();
  expect([replay.bytes, replay.contents().length]).toEqual([0, 0]);
});
