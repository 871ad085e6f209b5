import { expect, test } from 'vitest';
import { Interrupts } from './interrupts.ts';

test('a signal that is passed on as well is the same press', async () => {
  let nowMs = 1_000;
  const interrupts = new Interrupts(() => nowMs);
  const forced: string[] = [];
  interrupts.second.then(
    (signal) => forced.push(signal),
    () => undefined,
  );
  const interruptAt = async (atMs: number) => {
    nowMs = atMs;
    process.emit('SIGHUP', 'SIGHUP');
    await new Promise(setImmediate);
  };
  expect(interrupts.happened).toBe(false);
  await interruptAt(1_000);
  await interruptAt(1_005);
  expect([interrupts.happened, forced]).toEqual([true, []]);
  await interruptAt(1_300);
  expect([interrupts.exitCode, forced]).toEqual([129, ['SIGHUP']]);
  interrupts.close();
});
