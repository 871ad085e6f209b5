import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diff } from './diff.ts';

test('shows what is added, with three lines around it', () => {
  expect(diff('compose.yaml', '1\n2\n3\n4\n5\n', '1\n2\n3\n4\n4a\n5\n')).toBe(
    '--- compose.yaml\n+++ compose.yaml\n@@ -2,4 +2,5 @@\n 2\n 3\n 4\n+4a\n 5\n',
  );
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

/** What `patch` does with one piece. */
function apply(piece: string, before: string): string {
  if (piece === '') return before;
  const lines = piece.split('\n').slice(2, -1);
  const [, from = '', count = ''] = /^@@ -(\d+),(\d+) /.exec(lines.shift() ?? '') ?? [];
  const old = before.split('\n').slice(0, -1);
  const start = count === '0' ? Number(from) : Number(from) - 1;
  const side = (mark: string) =>
    lines
      .filter((line) => line.startsWith(' ') || line.startsWith(mark))
      .map((line) => line.slice(1));
  expect(old.slice(start, start + Number(count))).toEqual(side('-'));
  const now = [...old.slice(0, start), ...side('+'), ...old.slice(start + Number(count))];
  return now.map((line) => `${line}\n`).join('');
}
