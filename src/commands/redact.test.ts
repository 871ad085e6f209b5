import { expect, test } from 'vitest';
import { redactor } from './redact.ts';

const awkward = `it's "quoted" $HOME`;
const lines = 'first line\nsecond line\n# third line';
const clean = (text: string) => redactor(['hunter2-is-long', awkward, lines, 'on'])(text).text;

test.each([
  ['as it is', 'value hunter2-is-long here'],
  ['in JSON', JSON.stringify({ text: awkward })],
  ['in JSON within JSON', JSON.stringify({ text: JSON.stringify({ value: awkward }) })],
  ['in base64', Buffer.from('hunter2-is-long').toString('base64')],
  ['in a URL', `https://x/?q=${encodeURIComponent(awkward)}`],
  ['with its lines', JSON.stringify(lines)],
  ['a line of it', 'second line'],
])('a known secret %s', (_, text) => {
  const left = clean(text);
  expect(left).toContain('********');
  for (const part of ['hunter2', 'quoted', 'second line', 'aHVudGVy']) {
    expect(left).not.toContain(part);
  }
});

test.each([
  '-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----',
  'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJl',
  'Authorization: Bearer abcdefgh12345678',
  'postgres://orders:abcdefgh@db:5432/orders',
  'AKIAIOSFODNN7EXAMPLE',
  'token ghp_abcdefghijklmnop',
  '"password": "abcdefgh"',
  'DB_PASSWORD=abcdefgh',
  'client-key-data: abcdefgh',
])('what looks like one: %s', (text) => {
  const left = clean(text);
  expect(left).toContain('********');
  expect(left).not.toMatch(/abc|c2lnbmF0dXJl|EXAMPLE/);
});

test('words of every log stay, and what is public', () => {
  expect(clean('the link is on, token ring')).toBe('the link is on, token ring');
  const isPublic = (value: string) => value === 'postgres';
  expect(redactor(['postgres'], isPublic)('postgres = 10.0.0.1').text).toBe('postgres = 10.0.0.1');
});

test('the places are counted', () => {
  expect(redactor(['hunter2-is-long'])('hunter2-is-long, hunter2-is-long').places).toBe(2);
});
