import { expect, test } from 'vitest';
import { LIMITS } from '../protocol/limits.ts';
import { ReceiveWindow, WindowBudget } from './receive-window.ts';

const initial = LIMITS.initialWindowBytes;
const rttMs = 2;

/** Receives and reads whole windows, each within `paceMs`. */
function readWindows(window: ReceiveWindow, rounds: number, paceMs: number): number {
  let now = 0;
  for (let round = 0; round < rounds; round += 1) {
    now += paceMs;
    expect(window.receive(window.windowBytes)).toBe(true);
    expect(window.isDue(0)).toBe(true);
    window.returnCredit(0, now, rttMs);
  }
  return window.windowBytes;
}

test('a reader that keeps up has its window doubled up to the most', () => {
  const window = new ReceiveWindow(new WindowBudget(64 * initial), 16 * initial, 0);
  expect(readWindows(window, 2, 5)).toBe(4 * initial);
  expect(readWindows(window, 10, 5)).toBe(16 * initial);
});

test('a reader that is slow keeps the initial window', () => {
  const window = new ReceiveWindow(new WindowBudget(64 * initial), 16 * initial, 0);
  expect(readWindows(window, 10, 500)).toBe(initial);
});

test('a reader that leaves much unread keeps the initial window', () => {
  const window = new ReceiveWindow(new WindowBudget(64 * initial), 16 * initial, 0);
  window.receive(initial);
  expect(window.returnCredit(initial / 2, 1, rttMs)).toBe(initial / 2);
  expect(window.windowBytes).toBe(initial);
});

test('credit is due at half a window read, and is what was read plus the growth', () => {
  const window = new ReceiveWindow(new WindowBudget(initial / 4), 16 * initial, 0);
  expect(window.receive(initial / 2 - 1)).toBe(true);
  expect(window.isDue(0)).toBe(false);
  window.receive(1);
  expect(window.isDue(1)).toBe(false);
  expect(window.isDue(0)).toBe(true);
  expect(window.returnCredit(0, 1, rttMs)).toBe(initial / 2 + initial / 4);
  expect(window.windowBytes).toBe(initial + initial / 4);
});

test('a byte beyond the window is noticed', () => {
  const window = new ReceiveWindow(new WindowBudget(0), initial, 0);
  expect(window.receive(initial)).toBe(true);
  expect(window.receive(1)).toBe(false);
});

test('all windows together grow by the budget alone, and a closed one gives its share back', () => {
  const budget = new WindowBudget(4 * initial);
  const first = new ReceiveWindow(budget, 16 * initial, 0);
  const second = new ReceiveWindow(budget, 16 * initial, 0);
  expect(readWindows(first, 5, 1)).toBe(5 * initial);
  expect(readWindows(second, 5, 1)).toBe(initial);
  first.close();
  first.close();
  expect(readWindows(second, 5, 1)).toBe(5 * initial);
});
