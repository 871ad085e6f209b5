import { expect, test, vi } from 'vitest';
import { withDeadline } from './with-deadline.ts';

const never = () => new AbortController().signal;

test('gives what the work gives', async () => {
  const wait = { what: 'the work', timeoutMs: 1_000, signal: never() };
  await expect(withDeadline(wait, () => Promise.resolve(7))).resolves.toBe(7);
});

test('ends work that ignores its signal, and says what was awaited', async () => {
  vi.useFakeTimers();
  try {
    const wait = { what: 'the answer of the API server', timeoutMs: 4_000, signal: never() };
    const ended = expect(withDeadline(wait, () => new Promise(() => {}))).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      message: 'the answer of the API server took longer than 4 s',
    });
    await vi.advanceTimersByTimeAsync(4_000);
    await ended;
  } finally {
    vi.useRealTimers();
  }
});

test('ends with the reason of its caller', async () => {
  const caller = new AbortController();
  const wait = { what: 'the work', timeoutMs: 1_000, signal: caller.signal };
  const ended = expect(withDeadline(wait, () => new Promise(() => {}))).rejects.toThrow('enough');
  caller.abort(new Error('enough'));
  await ended;
  await expect(withDeadline(wait, () => Promise.resolve(1))).rejects.toThrow('enough');
});
