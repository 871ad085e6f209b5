import { expect, test } from 'vitest';
import { frame } from './watch.ts';

const screen = { moves: true, rows: 5, columns: 60 };
const pipe = { moves: false, rows: 5, columns: 60 };

test('a terminal is cleared once, then drawn over', () => {
  expect(frame('a\nb\n', { terminal: screen, isFirst: true, format: 'text' })).toBe(
    '\u001b[2J\u001b[H\u001b[Ja\nb\n',
  );
  expect(frame('c\n', { terminal: screen, isFirst: false, format: 'text' })).toBe(
    '\u001b[H\u001b[Jc\n',
  );
});

test('what is longer than the screen is cut, broken lines counted', () => {
  const show = (text: string) =>
    frame(text, { terminal: screen, isFirst: false, format: 'text' }).replace(/^.*\[J/, '');
  expect(show('1\n2\n3\n')).toBe('1\n2\n3\n');
  expect(show('1\n2\n3\n4\n5\n')).toBe('1\n2\n3\n…\n');
  expect(show(`${'x'.repeat(61)}\n2\n3\n`)).toBe(`${'x'.repeat(61)}\n2\n…\n`);
});

test('elsewhere one look follows the other', () => {
  const shown = (isFirst: boolean, format: string) =>
    frame('x\n', { terminal: pipe, isFirst, format });
  expect([shown(true, 'text'), shown(false, 'text')]).toEqual(['x\n', '\nx\n']);
  expect([shown(true, 'json'), shown(false, 'json')]).toEqual(['x\n', 'x\n']);
  expect(shown(true, 'yaml')).toBe('---\nx\n');
});
