import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Linger } from './linger.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('ends when no link ever came, and when the last one has been gone for the time', () => {
  const over = vi.fn();
  new Linger(1000, over);
  vi.advanceTimersByTime(999);
  expect(over).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(over).toHaveBeenCalledOnce();
});

it('waits for all links, and starts anew with each loss', () => {
  const over = vi.fn();
  const linger = new Linger(1000, over);
  linger.up('sidecar');
  linger.up('session');
  linger.down('sidecar');
  linger.down('sidecar');
  vi.advanceTimersByTime(5000);
  expect(over).not.toHaveBeenCalled();
  linger.down('session');
  vi.advanceTimersByTime(900);
  linger.up('sidecar');
  linger.down('sidecar');
  vi.advanceTimersByTime(900);
  expect(over).not.toHaveBeenCalled();
  vi.advanceTimersByTime(100);
  expect(over).toHaveBeenCalledOnce();
});

it('is silent once closed', () => {
  const over = vi.fn();
  new Linger(1000, over).close();
  vi.advanceTimersByTime(5000);
  expect(over).not.toHaveBeenCalled();
});
