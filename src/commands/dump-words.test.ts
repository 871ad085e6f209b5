import { expect, test } from 'vitest';
import { seenLine, seenText } from './dump-words.ts';
import type { Seen } from './read-requests.ts';

const ends = {
  from: { address: '10.1.1.1', port: 40_000 },
  to: { address: 'fd00::2', port: 8080 },
};
const at = new Date(2026, 0, 31, 10, 31, 2, 5);
const request: Seen = {
  ...ends,
  at,
  kind: 'request',
  method: 'POST',
  target: '/things?x=1',
  version: '1.1',
  headers: [
    ['Host', 'shop'],
    ['X-User', 'ada\x1b[2J'],
  ],
  body: Buffer.from('{"a":1}'),
  bodyBytes: 7,
  isCut: false,
};

test('a request as it was sent; a terminal obeys nothing of it', () => {
  expect(seenText(request)).toBe(
    `10:31:02.005  10.1.1.1:40000 -> :8080
POST /things?x=1 HTTP/1.1
Host: shop
X-User: ada\\x1b[2J

{"a":1}

`,
  );
  expect(seenText({ ...request, from: { address: '::1', port: 1 } })).toContain(' [::1]:1 -> ');
});

test('a body that is longer, that is cut, and that is no text', () => {
  const long = seenText({ ...request, bodyBytes: 70_000, isCut: true });
  expect(long).toContain('{"a":1}\n(the first 7 of 70000 bytes)\n(the connection ended before');
  const binary = seenText({ ...request, body: Buffer.from([0, 1, 0x41]), bodyBytes: 3 });
  expect(binary).toMatch(/^00000000 {2}00 01 41 +\|\.\.A\|$/m);
  const halfCharacter = Buffer.from('für').subarray(0, 2);
  expect(seenText({ ...request, body: halfCharacter, bodyBytes: 4 })).toContain('\nf\n');
  expect(seenText({ ...request, body: Buffer.alloc(0), bodyBytes: 0 })).toMatch(/2J\n\n$/);
});

test('other bytes in hex and text, and the end', () => {
  const bytes: Seen = {
    ...ends,
    at,
    kind: 'bytes',
    bytes: Buffer.from('0123456789abcdef\x1bPING'),
  };
  expect(seenText(bytes)).toBe(
    `10:31:02.005  10.1.1.1:40000 -> :8080  21 bytes
00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  |0123456789abcdef|
00000010  1b 50 49 4e 47                                   |.PING|

`,
  );
  expect(seenText({ ...ends, at, kind: 'end', how: 'ECONNRESET' })).toContain('ended: ECONNRESET');
});

test('a line for programs', () => {
  expect(JSON.parse(seenLine(request))).toEqual({
    schemaVersion: 1,
    at: at.toISOString(),
    ...ends,
    kind: 'request',
    method: 'POST',
    target: '/things?x=1',
    version: '1.1',
    headers: [
      ['Host', 'shop'],
      ['X-User', 'ada\x1b[2J'],
    ],
    text: '{"a":1}',
    bodyBytes: 7,
    isCut: false,
  });
  const bytes: Seen = { ...ends, at, kind: 'bytes', bytes: Buffer.from([0xff]) };
  expect(JSON.parse(seenLine(bytes))).toMatchObject({ kind: 'bytes', base64: '/w==' });
  expect(seenLine({ ...ends, at, kind: 'end', how: 'end' })).toMatch(/"how":"end"}\n$/);
});
