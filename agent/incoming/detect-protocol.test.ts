import { expect, test } from 'vitest';
import { judgeProtocol, judgeUnfinished } from './detect-protocol.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

test.each([
  ['', undefined],
  ['P', undefined],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r', undefined],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http2'],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0', 'http2'],
  ['GET', undefined],
  ['GET ', undefined],
  ['GET / HTTP/1.1\r', undefined],
  ['GET / HTTP/1.1\r\n', 'http1'],
  ['M-SEARCH * HTTP/1.1\r\nHost', 'http1'],
  ['GET / HTTP/1.0\r\n', 'http1'],
  ['GET key\r\n', 'other'], // Redis
  ['GET  / HTTP/1.1\r\n', 'other'],
  ['GET / HTTP/1.1\n', 'other'],
  ['GET /\r\n', 'other'], // HTTP/0.9
  ['\r\nGET / HTTP/1.1\r\n', 'other'],
  ['\n', 'other'],
  ['*1\r\n$4\r\nPING\r\n', 'other'],
  ['\x16', undefined],
  ['\x16\x03\x01\x02\x00', 'tls'],
  ['\x16\x01', 'other'],
  ['\0\0\0\x08\x04\xd2\x16\x2f', 'other'], // PostgreSQL
  [`GET /${'x'.repeat(20_000)}`, 'other'],
  [`${'x'.repeat(40)}`, 'other'],
])('%j is %s', (text, protocol) => {
  expect(judgeProtocol(bytes(text))).toBe(protocol);
});

test.each([
  ['', 'other'],
  ['GET', 'other'],
  ['GET ', 'http1'],
  ['GET /long/path', 'http1'],
  ['AUTH secret', 'other'],
  ['PRI * HTTP/2.0\r\n', 'other'],
])('%j and silence is %s', (text, protocol) => {
  expect(judgeUnfinished(bytes(text))).toBe(protocol);
});
