import { expect, it } from 'vitest';
import { judgeHead } from './judge-probe.ts';

it.each([
  ['GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: kube-probe/1.37\r\n\r\n', 'probe'],
  ['GET / HTTP/1.1\r\nuser-agent:kube-probe/1.37+\r\nAcc', 'probe'],
  ['GET / HTTP/1.1\r\nUser-Agent: curl/8\r\n\r\n', 'other'],
  ['POST / HTTP/1.1\r\nA: b\r\n\r\n\r\nUser-Agent: kube-probe/1', 'other'],
  ['GET / HTTP/1.1\r\nX-User-Agent: kube-probe/1\r\n\r\n', 'other'],
  ['GET / HTTP/1.1\r\nHost: x\r\n', 'more'],
  ['', 'more'],
  ['GE', 'more'],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'other'],
  ['\x16\x03\x01\x02\x00', 'other'],
  ['hello', 'other'],
  [`GET /${'x'.repeat(9000)}`, 'other'],
])('%j is %s', (head, judgement) => {
  expect(judgeHead(Buffer.from(head, 'latin1'))).toBe(judgement);
});
