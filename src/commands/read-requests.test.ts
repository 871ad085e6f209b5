import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { RequestReader, type Seen } from './read-requests.ts';

const ends = {
  from: { address: '10.1.1.1', port: 40_000 },
  to: { address: '10.1.1.2', port: 8080 },
};

/** What is seen of a connection whose client sends these pieces and ends. */
async function seenOf(...pieces: readonly (string | Buffer)[]): Promise<Seen[]> {
  const seen: Seen[] = [];
  const reader = new RequestReader(
    (one) => seen.push(one),
    () => new Date(0),
  );
  const stream = new PassThrough();
  const closed = new Promise((resolve) => stream.once('close', resolve));
  const read = reader.read(stream, ends);
  for (const piece of pieces) {
    stream.write(Buffer.from(piece as string, 'latin1'));
    await new Promise((resolve) => setImmediate(resolve));
  }
  stream.end();
  await Promise.all([read, closed]);
  await new Promise((resolve) => setImmediate(resolve));
  return seen;
}

const request = (path: string, rest = '\r\n') =>
  `GET ${path} HTTP/1.1\r\nHost: shop${'\r\n'}${rest}`;

test('requests of one connection, pipelined and in any pieces, with their headers as they were sent', async () => {
  const text = `${request('/a')}POST /b?x=1 HTTP/1.1\r\nX-User: Ada\r\nContent-Length: 5\r\n\r\nhello${request('/c')}`;
  for (const pieces of [[text], [...text]]) {
    const seen = await seenOf(...pieces);
    expect(seen).toMatchObject([
      { kind: 'request', method: 'GET', target: '/a', headers: [['Host', 'shop']], bodyBytes: 0 },
      {
        method: 'POST',
        target: '/b?x=1',
        headers: [
          ['X-User', 'Ada'],
          ['Content-Length', '5'],
        ],
        body: Buffer.from('hello'),
        isCut: false,
      },
      { target: '/c', ...ends },
    ]);
  }
});

test('a body of any form, the first of it kept, and one that ends early', async () => {
  const large = Buffer.alloc(100_000, 'x');
  const head = `PUT /large HTTP/1.1\r\nContent-Length: ${large.length}\r\n\r\n`;
  expect(await seenOf(head, large)).toMatchObject([
    { body: large.subarray(0, 65_536), bodyBytes: 100_000, isCut: false },
  ]);
  const chunked =
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n';
  expect(await seenOf(chunked)).toMatchObject([{ body: Buffer.from('abcde') }]);
  const waiting = 'POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n';
  expect(await seenOf(waiting, 'ok')).toMatchObject([{ body: Buffer.from('ok') }]);
  const cut = 'POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc';
  expect(await seenOf(cut)).toMatchObject([{ body: Buffer.from('abc'), isCut: true }]);
});

test('what follows an upgrade is bytes', async () => {
  const upgrade = request('/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  expect(await seenOf(upgrade, '\x81\x05hello')).toMatchObject([
    { kind: 'request', target: '/ws' },
    { kind: 'bytes', bytes: Buffer.from('\x81\x05hello', 'latin1') },
    { kind: 'end', how: 'end' },
  ]);
});

test.each([
  ['a request to Redis', '*1\r\n$4\r\nPING\r\n'],
  ['a start of PostgreSQL', '\0\0\0\x08\x04\xd2\x16\x2f'],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a word', 'HELO'],
])('%s is bytes', async (_, text) => {
  const seen = await seenOf(...text);
  const bytes = seen.flatMap((one) => (one.kind === 'bytes' ? [one.bytes] : []));
  expect(Buffer.concat(bytes).toString('latin1')).toBe(text);
  expect(seen.at(-1)).toMatchObject({ kind: 'end', how: 'end' });
});

test('a client that says nothing', async () => {
  expect(await seenOf()).toMatchObject([{ kind: 'end', how: 'end' }]);
});

test('what begins as a request and is none is shown all the same', async () => {
  const [seen] = await seenOf('GET / HTTP/1.1\r\nno header\r\n\r\n');
  expect(seen).toMatchObject({ kind: 'bytes' });
});
