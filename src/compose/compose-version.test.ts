import { expect, test } from 'vitest';
import { isOlder, parseVersion } from './compose-version.ts';

test.each([
  ['2.26.1-4', [2, 26, 1]],
  ['v2.38.0-desktop.1\n', [2, 38, 0]],
  ['5.5.0', [5, 5, 0]],
  ['dev', []],
])('%j is %j', (text, numbers) => {
  expect(parseVersion(text)).toEqual(numbers);
});

test('older', () => {
  const than = [2, 37, 3];
  for (const older of [[], [1, 40], [2, 37], [2, 37, 2], [2, 36, 9]]) {
    expect(isOlder(older, than), String(older)).toBe(true);
  }
  for (const other of [[2, 37, 3], [2, 38], [3], [2, 37, 3, 1]]) {
    expect(isOlder(other, than), String(other)).toBe(false);
  }
});
