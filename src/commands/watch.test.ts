import { expect, test } from 'vitest';
import { frame } from './watch.ts';

const screen = { moves: true, rows: 5, columns: 60 };
const pipe = { moves: false, rows: 5, columns: 60 };

const erase = '\u001b[H\u001b[B\u001b[J\u001b[H\u001b[K';

test('a terminal keeps what stood there above, and is drawn over; never is the whole screen erased', () => {
  expect(frame('a\nb\n', { terminal: screen, isFirst: true, format: 'text' })).toBe(
    `\n\n\n\n${erase}a\nb\n`,
  );
  const next = frame('c\n', { terminal: screen, isFirst: false, format: 'text' });
  expect(next).toBe(`${erase}c\n`);
  expect(next).not.toContain('\u001b[H\u001b[J');
});

test('what is longer than the screen is cut, broken lines counted', () => {
  const show = (text: string) =>
    frame(text, { terminal: screen, isFirst: false, format: 'text' }).replace(erase, '');
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
