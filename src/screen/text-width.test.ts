import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  besideText,
  cutText,
  foldText,
  hangText,
  padText,
  textWidth,
  wrapText,
} from './text-width.ts';

test('columns, not characters', () => {
  expect(textWidth('grüße')).toBe(5);
  expect(textWidth('e\u0301')).toBe(1);
  expect(textWidth('世界')).toBe(4);
  expect(textWidth('\u001b[31mred\u001b[39m')).toBe(3);
  expect(padText('世', 4)).toBe('世  ');
  expect(cutText('deployment', 10)).toBe('deployment');
  expect(cutText('deployment', 6)).toBe('deplo…');
  expect(cutText('世界世界', 4)).toBe('世…');
});

test('wrapped at words; spaces within a line and a first indentation stay', () => {
  expect(wrapText('one two  three four', 10)).toEqual(['one two', 'three four']);
  expect(wrapText('  a  b', 10)).toEqual(['  a  b']);
  expect(wrapText('a\n\nb', 10)).toEqual(['a', '', 'b']);
  expect(wrapText('averyveryverylongword b', 5)).toEqual(['averyveryverylongword', 'b']);
});

test('no line is wider than asked for, and no word is lost', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { maxLength: 30 });
  fc.assert(
    fc.property(words, fc.integer({ min: 12, max: 60 }), (list, columns) => {
      const lines = wrapText(list.join(' '), columns);
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(columns);
      expect(lines.join(' ').split(' ').filter(Boolean)).toEqual(list);
    }),
  );
});

test('a sentence goes on further in; a cell breaks long words, behind a sign where there is one', () => {
  expect(hangText('one two three', 10)).toBe('one two\n  three');
  expect(foldText('deployment/orders of shop', 12)).toEqual(['deployment/', 'orders', 'of shop']);
  expect(foldText('x'.repeat(9), 4)).toEqual(['xxxx', 'xxxx', 'x']);
  expect(foldText('世界世界', 5)).toEqual(['世界', '世界']);
});

test('words beside what they are about, or below it where there is no room', () => {
  expect(besideText('  kdev up  ', 'brings the services up', 80)).toBe(
    '  kdev up  brings the services up',
  );
  expect(besideText('  kdev up  ', 'brings all of the services up', 31)).toBe(
    '  kdev up  brings all of the\n           services up',
  );
  expect(besideText('  kdev image load --cluster a   ', 'once a version', 40)).toBe(
    '  kdev image load --cluster a\n    once a version',
  );
});
