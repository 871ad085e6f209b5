import { afterEach, expect, test } from 'vitest';
import { closeStages, echo, get, hears, response, Side, SOON, stageOf } from './splitter-stage.ts';

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

test('behind a broken chunk of a request that is the service’s nothing is anybody’s: the client is reset', async () => {
  const stage = await stageOf(listener(), echo('target'));
  const head = 'POST / HTTP/1.1\r\nX-User: ada\r\nTransfer-Encoding: chunked\r\n\r\n';
  const talker = await stage.talk(head);
  await expect.poll(() => stage.service.received, SOON).toEqual([head]);
  talker.say(`xyz\r\n${get('/of-another')}END`);
  await expect.poll(() => talker.ending, SOON).toBe('ECONNRESET');
  expect(stage.service.received.join('')).not.toContain('of-another');
  expect(stage.target.received).toEqual([]);
});

/** Answers as many servers do, and most clients bear. */
function unclear(name: string): Side {
  return new Side((text) => {
    return text.endsWith('\r\n\r\n') ? unclearAnswer(name) : undefined;
  });
}

const unclearAnswer = (name: string) =>
  `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n${name}`;

test('behind an answer of the target’s whose end is not clear all is the target’s', async () => {
  const stage = await stageOf(echo('service'), unclear('ta'));
  const talker = await stage.talk(get('/1'));
  await hears(talker, unclearAnswer('ta'));
  talker.say(get('/2'));
  await hears(talker, unclearAnswer('ta').repeat(2));
  talker.say(get('/3', 'ada'));
  await hears(talker, unclearAnswer('ta').repeat(3));
  expect(stage.service.received).toEqual([]);
});

test('a request that waits for such an answer is the target’s as well', async () => {
  const stage = await stageOf(echo('service'), unclear('ta'));
  const talker = await stage.talk(get('/1') + get('/2', 'ada'));
  await expect.poll(() => stage.target.received.join(''), SOON).toContain('/2');
  expect(stage.service.received).toEqual([]);
  expect(talker.heard).toContain(unclearAnswer('ta'));
});

test('behind one of the service’s the service goes on, and a client with a request for the target is reset', async () => {
  const stage = await stageOf(unclear('se'), echo('target'));
  const talker = await stage.talk(get('/1', 'ada'));
  await hears(talker, unclearAnswer('se'));
  talker.say(get('/2', 'ada'));
  await hears(talker, unclearAnswer('se').repeat(2));
  talker.say(get('/3'));
  await expect.poll(() => talker.ending, SOON).toBe('ECONNRESET');
  expect(stage.service.received.join('')).not.toContain('/3');
});
