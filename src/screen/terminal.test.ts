import { expect, test } from 'vitest';
import { readTerminal } from './terminal.ts';

const window = { isTTY: true, columns: 120, rows: 40 };

test('a terminal moves and has colour; a pipe does not', () => {
  expect(readTerminal(window, { LANG: 'en_US.UTF-8' })).toEqual({
    moves: true,
    colour: true,
    unicode: true,
    columns: 120,
    rows: 40,
  });
  expect(readTerminal({}, {})).toEqual({
    moves: false,
    colour: false,
    unicode: true,
    columns: Number.POSITIVE_INFINITY,
    rows: 24,
  });
});

test('NO_COLOR takes the colour, --ansi=never the motion too, --ansi=always gives a pipe colour', () => {
  expect(readTerminal(window, { NO_COLOR: '1' })).toMatchObject({ moves: true, colour: false });
  expect(readTerminal(window, { NO_COLOR: '' })).toMatchObject({ colour: true });
  expect(readTerminal(window, {}, 'never')).toMatchObject({ moves: false, colour: false });
  expect(readTerminal({}, {}, 'always')).toMatchObject({ moves: false, colour: true });
  expect(readTerminal(window, { TERM: 'dumb' })).toMatchObject({ moves: false, colour: false });
});

test.each([
  [{ LC_ALL: 'C', LANG: 'en_US.UTF-8' }, false],
  [{ LANG: 'POSIX' }, false],
  [{ LANG: 'de_DE.ISO-8859-1' }, false],
  [{ TERM: 'linux', LANG: 'en_US.UTF-8' }, false],
  [{ LC_ALL: '', LC_CTYPE: 'C.utf8', LANG: 'C' }, true],
  [{ LANG: 'de_DE' }, true],
])('%j shows more than ASCII: %s', (environment, unicode) => {
  expect(readTerminal(window, environment).unicode).toBe(unicode);
});

test('no text is made for less than 60 columns; a size of 0 is none', () => {
  expect(readTerminal({ isTTY: true, columns: 0, rows: 0 }, {})).toMatchObject({
    columns: 80,
    rows: 24,
  });
  expect(readTerminal({ isTTY: true, columns: 30 }, {}).columns).toBe(60);
});
