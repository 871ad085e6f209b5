import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diff } from './diff.ts';

test('shows what is added, with three lines around it', () => {
  expect(diff('compose.yaml', '1\n2\n3\n4\n5\n', '1\n2\n3\n4\n4a\n5\n')).toBe(
    '--- compose.yaml\n+++ compose.yaml\n@@ -2,4 +2,5 @@\n 2\n 3\n 4\n+4a\n 5\n',
  );
});

test('changes far from each other are pieces of their own, near ones one', () => {
  const lines = (all: readonly (number | string)[]) => all.map((one) => `${one}\n`).join('');
  const before = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const far = diff('a', lines(before), lines(['top', ...before, 'end']));
  expect(far).toBe(
    '--- a\n+++ a\n@@ -1,3 +1,4 @@\n+top\n 1\n 2\n 3\n@@ -8,3 +9,4 @@\n 8\n 9\n 10\n+end\n',
  );
  const near = diff('a', lines(before), lines(['top', 1, 2, 3, 4, 5, 'more', ...before.slice(5)]));
  expect(near.match(/^@@/gm)).toHaveLength(1);
});

test('nothing where nothing changes', () => {
  expect(diff('a', 'x\n', 'x\n')).toBe('');
});

test('applied to what was, it gives what is to be', () => {
  const line = fc.constantFrom('a', 'b', 'c', 'd');
  const text = fc
    .array(line, { maxLength: 12 })
    .map((all) => all.map((one) => `${one}\n`).join(''));
  fc.assert(
    fc.property(text, text, (before, after) => {
      expect(apply(diff('file', before, after), before)).toBe(after);
    }),
  );
});

/** What `patch` does. */
function apply(pieces: string, before: string): string {
  const old = before.split('\n').slice(0, -1);
  const now: string[] = [];
  let at = 0;
  for (const piece of pieces.split(/^(?=@@)/m).slice(1)) {
    const [head = '', ...lines] = piece.split('\n').slice(0, -1);
    const [, from = '', count = ''] = /^@@ -(\d+),(\d+) /.exec(head) ?? [];
    const start = count === '0' ? Number(from) : Number(from) - 1;
    const side = (mark: string) =>
      lines
        .filter((line) => line.startsWith(' ') || line.startsWith(mark))
        .map((line) => line.slice(1));
    expect(old.slice(start, start + Number(count))).toEqual(side('-'));
    now.push(...old.slice(at, start), ...side('+'));
    at = start + Number(count);
  }
  return [...now, ...old.slice(at)].map((line) => `${line}\n`).join('');
}
