import { once } from 'node:events';
import http from 'node:http';
import { duplexPair } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MessageReader } from './message-reader.ts';
import { type RequestHead, requests, responsesTo } from './messages.ts';

function read(bytes: string, reader = new MessageReader<object>(requests)): string[] {
  const parts: string[] = [];
  reader.push(Buffer.from(bytes, 'latin1'));
  for (let part = reader.next(); part; part = reader.next()) {
    parts.push('bytes' in part ? `${part.kind} ${part.bytes.toString('latin1')}` : part.kind);
    if (part.kind === 'unclear') break;
  }
  return parts;
}

const HEAD = 'POST /a HTTP/1.1\r\nHost: x\r\n';

test.each<[what: string, bytes: string, parts: string[]]>([
  ['no body', `${HEAD}\r\n`, [`head ${HEAD}\r\n`, 'end']],
  [
    'a counted body, and the next head begun',
    `${HEAD}Content-Length: 3\r\n\r\nabcGET`,
    [`head ${HEAD}Content-Length: 3\r\n\r\n`, 'body abc', 'end'],
  ],
  [
    'a body in chunks, which begins late',
    `${HEAD}transfer-encoding: Chunked\r\n\r\n`,
    [`head ${HEAD}transfer-encoding: Chunked\r\n\r\n`],
  ],
  [
    'chunks, an extension and a trailer',
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n00\r\nX: y\r\n\r\nG`,
    [
      `head ${HEAD}Transfer-Encoding: chunked\r\n\r\n`,
      'body 3;a=b\r\nabc\r\n00\r\nX: y\r\n\r\n',
      'end',
    ],
  ],
  [
    'an empty field and no fields',
    'GET / HTTP/1.0\r\nA:\r\n\r\n',
    ['head GET / HTTP/1.0\r\nA:\r\n\r\n', 'end'],
  ],
])('a request with %s', (_what, bytes, parts) => {
  expect(read(bytes)).toEqual(parts);
});

test.each<[what: string, method: string, head: string, after: string[]]>([
  [
    'a length',
    'GET',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n',
    ['body ab', 'end', 'unclear'],
  ],
  ['no length', 'GET', 'HTTP/1.1 200 OK\r\n\r\n', ['body abcd']],
  [
    'a coding and no chunks',
    'GET',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n',
    ['body abcd'],
  ],
  ['HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n', ['end', 'unclear']],
  ['204', 'GET', 'HTTP/1.1 204 \r\nContent-Length: 4\r\n\r\n', ['end', 'unclear']],
  ['103', 'GET', 'HTTP/1.1 103 Early\r\nContent-Length: 4\r\n\r\n', ['end', 'unclear']],
  ['101', 'GET', 'HTTP/1.1 101 Switching\r\nContent-Length: 0\r\n\r\n', ['body abcd']],
  ['CONNECT', 'CONNECT', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', ['body abcd']],
  [
    'both lengths',
    'GET',
    'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n',
    ['unclear'],
  ],
  [
    'two lengths',
    'GET',
    'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n',
    ['unclear'],
  ],
])('a response with %s', (_what, method, head, after) => {
  const reader = new MessageReader(responsesTo(() => method));
  const begin = after[0] === 'unclear' ? [] : [`head ${head}`];
  expect(read(`${head}abcd\r\n`, reader)).toEqual([
    ...begin,
    ...after.map((part) => part.replace('abcd', 'abcd\r\n')),
  ]);
});

test('what a head and a trailer may hold is bounded', () => {
  const field = (bytes: number) => `A: ${'x'.repeat(bytes)}\r\n`;
  expect(read(`${HEAD}${field(60_000)}\r\n`).at(-1)).toBe('end');
  expect(read(`${HEAD}${field(66_000)}\r\n`)).toEqual(['unclear']);
  expect(read(`${HEAD}${field(66_000).slice(0, -2)}`)).toEqual(['unclear']);
  // The first one is `Host`.
  expect(read(`${HEAD}${'A: b\r\n'.repeat(999)}\r\n`).at(-1)).toBe('end');
  expect(read(`${HEAD}${'A: b\r\n'.repeat(1000)}\r\n`)).toEqual(['unclear']);
  const chunked = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
  expect(read(`${chunked}0;${'x'.repeat(9000)}\r\n\r\n`).at(-1)).toBe('unclear');
  expect(read(`${chunked}0\r\n${field(8000).repeat(7)}\r\n`).at(-1)).toBe('end');
  expect(read(`${chunked}0\r\n${field(8000).repeat(9)}\r\n`).at(-1)).toBe('unclear');
  expect(read(`${HEAD}Content-Length: 999999999999999\r\n\r\n`)).toHaveLength(1);
  expect(read(`${HEAD}Content-Length: 1000000000000000\r\n\r\n`)).toEqual(['unclear']);
});

/** The requests that Node's own parser sees, by method, path and body; it stops where it finds fault. */
async function readByNode(bytes: string): Promise<string[]> {
  const seen: string[] = [];
  const [client, socket] = duplexPair();
  const server = http.createServer((request, response) => {
    const at = seen.push(`${request.method} ${request.url} `) - 1;
    request.on('data', (chunk: Buffer) => {
      seen[at] += chunk.toString('latin1');
    });
    response.end();
  });
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  server.on('clientError', () => socket.destroy());
  server.emit('connection', socket);
  client.resume();
  client.end(Buffer.from(bytes, 'latin1'));
  await once(socket, 'close');
  return seen;
}

function readByUs(bytes: string): string[] {
  const seen: string[] = [];
  const reader = new MessageReader<RequestHead>(requests);
  reader.wantsContents = true;
  reader.push(Buffer.from(bytes, 'latin1'));
  for (let part = reader.next(); part; part = reader.next()) {
    if (part.kind === 'unclear') break;
    if (part.kind === 'head') seen.push(`${part.head.method} ${part.head.path} `);
    if (part.kind === 'body')
      seen[seen.length - 1] += Buffer.concat(part.contents).toString('latin1');
  }
  return seen;
}

function headOf(request: string): string {
  return request.split(' ', 2).join(' ');
}

const piece = fc.constantFrom(
  'GET /x HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST /y HTTP/1.1\r\nHost: a\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 05\r\n',
  'Content-Length : 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: chunked, identity\r\n',
  'X: y\r\n',
  ' folded\r\n',
  '\r\n',
  '\n',
  'hello',
  '5\r\nhello\r\n',
  '5;a\r\nhello\r\n',
  '0\r\n\r\n',
  '0\r\nX: y\r\n\r\n',
);

test('it sees no other requests than Node’s parser does, whatever comes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
      const bytes = `POST /first HTTP/1.1\r\nHost: a\r\n${pieces.join('')}`;
      const ours = readByUs(bytes);
      const nodes = await readByNode(bytes);
      // Where one of them stops for a fault, what came before is the same, and the last has the same head.
      const last = Math.min(ours.length, nodes.length) - 1;
      const heads = (seen: string[]) => seen.slice(0, last + 1).map(headOf);
      expect(heads(ours)).toEqual(heads(nodes));
      expect(ours.slice(0, Math.max(last, 0))).toEqual(nodes.slice(0, Math.max(last, 0)));
    }),
    { numRuns: 500 },
  );
});
