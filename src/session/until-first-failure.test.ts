import { expect, test } from 'vitest';
import { untilFirstFailure } from './until-first-failure.ts';

const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

test('the first failure ends the others, and is thrown when they have ended', async () => {
  const ended: string[] = [];
  const running = untilFirstFailure(new AbortController().signal, (signal) => [
    untilAborted(signal).finally(() => ended.push('slow')),
    Promise.reject(new Error('the cause')),
  ]);
  await expect(running).rejects.toThrow('the cause');
  expect(ended).toEqual(['slow']);
});

test("the caller's signal ends all", async () => {
  const caller = new AbortController();
  const running = untilFirstFailure(caller.signal, (signal) => [untilAborted(signal)]);
  caller.abort(new Error('no more'));
  await expect(running).rejects.toThrow('no more');
});
