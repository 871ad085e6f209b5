import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frame } from './ask-near.ts';
import { Questions } from './serve-tcp.ts';

test('a message travels behind its length', () => {
  expect(frame(Buffer.from('abc')).toString('hex')).toBe('0003616263');
});

test('property: messages are found again whatever the chunks', () => {
  const message = fc.uint8Array({ maxLength: 300 });
  const cuts = fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 12 }), cuts, (messages, sizes) => {
      const bytes = Buffer.concat(messages.map((one) => frame(Buffer.from(one))));
      const questions = new Questions();
      const found: Buffer[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        questions.push(bytes.subarray(at, at + size));
        at += size;
        for (let one = questions.shift(); one; one = questions.shift()) found.push(one);
      }
      expect(found.map((one) => one.toString('hex'))).toEqual(
        messages.map((one) => Buffer.from(one).toString('hex')),
      );
    }),
  );
});
