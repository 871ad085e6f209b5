import { expect, test, vi } from 'vitest';
import { createRefusedWatch, parseRefused } from './watch-refused.ts';

test("nft's text of the counter", () => {
  const text = 'table inet kdev {\n\tcounter refused {\n\t\tpackets 41 bytes 2460\n\t}\n}\n';
  expect(parseRefused(text)).toBe(41);
  expect(parseRefused('')).toBe(0);
});

test('what was refused since the last look is told once', () => {
  const counts = [0, 2, 2, 3];
  const told = vi.fn();
  const look = createRefusedWatch(() => counts.shift() ?? 0, told);
  expect([look(), look(), look(), look()]).toEqual([0, 2, 2, 3]);
  expect(told).toHaveBeenCalledTimes(2);
});
