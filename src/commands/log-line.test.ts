import { expect, test } from 'vitest';
import { parseLogLine, timeWords } from './log-line.ts';

const at = new Date('2026-01-31T10:31:05.123Z');

test.each([
  [
    '{"at":"2026-01-31T10:31:05.123Z","text":"ready","pid":7,"to":{"port":1}}',
    'ready pid=7 to={"port":1}',
  ],
  [
    '{"at":"2026-01-31T10:31:05.123Z","name":"outgoing","text":"10.0.0.1:80: ECONNREFUSED"}',
    'outgoing: 10.0.0.1:80: ECONNREFUSED',
  ],
  [
    '{"at":"2026-01-31T10:31:05.123Z","name":"dns","text":"x","unwritten":3}',
    'dns: x (3 lines before it were left out)',
  ],
  [
    '{"at":"2026-01-31T10:31:05.123Z","fatal":"no rights","code":"EPERM"}',
    'fatal: EPERM no rights',
  ],
  ['2026-01-31T10:31:05.123Z orders: pipe up', 'orders: pipe up'],
])('%s', (line, text) => {
  expect(parseLogLine(line)).toEqual({ at, text });
});

test.each(['{ no json', 'Error: boom', '    at main.ts:1:2', '{"text":"no time"}'])(
  'what is no line of ours stays as it is: %s',
  (line) => {
    const { at: time, text } = parseLogLine(line);
    expect(time).toBeUndefined();
    expect(line).toContain(text);
  },
);

test('the time of another day has its day', () => {
  const noon = new Date(2026, 0, 31, 12, 4, 5);
  expect(timeWords(noon, new Date(2026, 0, 31, 23))).toBe('12:04:05');
  expect(timeWords(noon, new Date(2026, 1, 1, 1))).toBe('2026-01-31 12:04:05');
});
