import { afterEach, expect, test } from 'vitest';
import { closeStages, echo, get, hears, response, Side, stageOf } from './splitter-stage.ts';

afterEach(closeStages);

/** Says something when it has heard the last word. */
function listener(): Side {
  return new Side((text) => (text.includes('END') ? 'as you say' : undefined));
}

const SHAPES: readonly [what: string, bytes: string][] = [
  [
    'both lengths',
    'POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['two lengths', 'POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
  ['a list of lengths', 'POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\nhello'],
  ['a signed length', 'POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\nhello'],
  ['an endless length', `POST / HTTP/1.1\r\nContent-Length: ${'9'.repeat(20)}\r\n\r\nhello`],
  ['an unknown coding', 'POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
  [
    'a coding twice',
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a coding in HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a blank before the colon', 'POST / HTTP/1.1\r\nContent-Length : 5\r\n\r\nhello'],
  ['a folded line', 'GET / HTTP/1.1\r\nA: b\r\n c: d\r\n\r\n'],
  ['NUL', 'GET / HTTP/1.1\r\nA: b\0\r\n\r\n'],
  ['bare LF', 'GET / HTTP/1.1\nX-User: ada\n\n'],
  ['bare LF in the fields', 'GET / HTTP/1.1\r\nA: b\nX-User: ada\r\n\r\n'],
  ['bare CR', 'GET / HTTP/1.1\r\nA: b\rX-User: ada\r\n\r\n'],
  ['no name', 'GET / HTTP/1.1\r\n: b\r\n\r\n'],
  ['two blanks', 'GET  / HTTP/1.1\r\nX-User: ada\r\n\r\n'],
  ['another version', 'GET / HTTP/2.0\r\nX-User: ada\r\n\r\n'],
  ['no HTTP', 'hello\r\n'],
  ['a large head', `GET / HTTP/1.1\r\nA: ${'x'.repeat(70_000)}\r\nX-User: ada\r\n\r\n`],
];

test.each(SHAPES)('%s: all from there on is the target’s, untouched', async (_what, bytes) => {
  const stage = await stageOf(echo('service'), listener());
  const smuggled = `${get('/smuggled', 'ada')}END`;
  const talker = await stage.talk(get('/1', 'ada') + bytes + smuggled);
  await hears(talker, `${response('service/1')}as you say`);
  expect(stage.service.received).toEqual([get('/1', 'ada')]);
  expect(stage.target.received.join('')).toBe(bytes + smuggled);
});

test.each([
  ['no size', 'xyz\r\n'],
  ['a blank before the extension', '5 ;a\r\nhello\r\n0\r\n\r\n'],
  ['bare LF behind the size', '5\nhello\r\n0\r\n\r\n'],
  ['bytes behind a chunk', '5\r\nhelloo\r\n0\r\n\r\n'],
  ['a huge size', 'fffffffffffff\r\nhello'],
  ['a broken trailer', '0\r\n nonsense\r\n\r\n'],
])('a body with %s stays whole with the side of its head', async (_what, chunks) => {
  const stage = await stageOf(echo('service'), listener());
  const sent = `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}${get('/', 'ada')}END`;
  const talker = await stage.talk(sent);
  await hears(talker, 'as you say');
  expect(stage.service.received).toEqual([]);
  expect(stage.target.received).toEqual([sent]);
});
