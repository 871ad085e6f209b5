import type { Random } from './random.ts';

/** What servers read in different ways. */
const TRICKS: readonly [string, ...string[]] = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  '\r\n ',
  '\r\n\r\n',
  'Content-Length: 3\r\n',
  'Content-Length: 03\r\n',
  'Content-Length: +3\r\n',
  'Content-Length: 3, 3\r\n',
  'Content-Length : 3\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Transfer-Encoding: chunked, chunked\r\n',
  'Transfer-Encoding:\x0bchunked\r\n',
  'transfer-encoding: CHUNKED\r\n',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  'ffffffffffffffff\r\n',
  '3;a="\n"\r\nabc\r\n',
  'GET / HTTP/1.1\r\n\r\n',
  'HTTP/1.1 200 OK\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  '\xff',
];

/** Some requests in a row, well made, and in most inputs broken in some places. */
export function makeRequests(random: Random): Buffer {
  return broken(
    random,
    Array.from({ length: 1 + random.below(4) }, () => makeRequest(random)).join(''),
  );
}

/** The same of responses. */
export function makeResponses(random: Random): Buffer {
  return broken(
    random,
    Array.from({ length: 1 + random.below(4) }, () => makeResponse(random)).join(''),
  );
}

/** One request as every server reads it. */
export function makeRequest(random: Random): string {
  const method = random.pick(['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'M-SEARCH']);
  const path = random.pick(['/', '/orders?x=1', '/a/b', '*', 'http://orders/x']);
  return `${method} ${path} HTTP/1.1\r\nHost: orders\r\n${fields(random)}${body(random, random.pick(['none', 'counted', 'chunked']))}`;
}

function makeResponse(random: Random): string {
  const status = random.pick(['200 OK', '204 No Content', '304', '100 Continue', '500 ', '101 X']);
  return `HTTP/1.1 ${status}\r\n${fields(random)}${body(random, random.pick(['none', 'counted', 'chunked']))}`;
}

function fields(random: Random): string {
  const lines = Array.from({ length: random.below(4) }, () =>
    random.pick([
      'X-User: ada\r\n',
      'x-user:bob \r\n',
      'Accept: */*\r\n',
      'Expect: 100-continue\r\n',
      'Cookie:\r\n',
      'X-Name: \xc3\xa4\r\n',
    ]),
  );
  return lines.join('');
}

function body(random: Random, kind: 'none' | 'counted' | 'chunked'): string {
  if (kind === 'none') return '\r\n';
  const content = () => random.pick(['', 'x', 'hello', '{"user":"ada"}', 'GET / HTTP/1.1\r\n\r\n']);
  if (kind === 'counted') {
    const text = content();
    return `Content-Length: ${text.length}\r\n\r\n${text}`;
  }
  const chunks = Array.from({ length: random.below(4) }, () => {
    const text = content() || 'y';
    const extension = random.pick(['', '', ';a', ';a="b c"']);
    return `${text.length.toString(16)}${extension}\r\n${text}\r\n`;
  });
  const trailer = random.pick(['', '', 'X-Sum: 1\r\n']);
  return `Transfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n${trailer}\r\n`;
}

function broken(random: Random, text: string): Buffer {
  let now = text;
  for (let left = random.pick([0, 0, 1, 1, 2, 4]); left > 0; left--) {
    const at = random.below(now.length + 1);
    const removed = random.pick([0, 0, 1, 2, 8]);
    const added = random.chance(4) ? '' : random.pick(TRICKS);
    now = now.slice(0, at) + added + now.slice(at + removed);
  }
  return Buffer.from(now, 'latin1');
}
