import { expect, test } from 'vitest';
import { HeldOutput } from './held-output.ts';

test('what is printed waits, in its order, and then no more', async () => {
  const output = new HeldOutput();
  const printed: string[] = [];
  const show = (text: string) => output.show(text, () => printed.push(text));
  show('a');
  show('b');
  await output.began;
  expect(printed).toEqual([]);
  output.release();
  show('c');
  expect(printed).toEqual(['a', 'b', 'c']);
  output.release();
  expect(printed).toHaveLength(3);
});

test('much output does not wait for long', async () => {
  const output = new HeldOutput();
  let isFull = false;
  output.full.then(
    () => {
      isFull = true;
    },
    () => undefined,
  );
  const show = (bytes: number) => output.show(Buffer.alloc(bytes), () => undefined);
  show(256 * 1024);
  await output.began;
  await new Promise(setImmediate);
  expect(isFull).toBe(false);
  show(1);
  await output.full;
});
