import { METHODS } from 'node:http';
import { isRequestLine } from '../http/messages.ts';
import { HTTP2_PREFACE } from '../http/mirrored-connection.ts';
import { peek } from './peek.ts';
import type { StolenConnection } from './stolen-connection.ts';

/** What a client speaks on a port that has a filter. */
export type Protocol = 'http1' | 'http2' | 'tls' | 'other';

/** A record of RFC 8446 section 5.1 begins so, of each version since SSL 3. */
const TLS_HANDSHAKE = 22;
const TLS_MAJOR = 3;
const LINE_MAX_BYTES = 16 * 1024;
const LF = 10;

/** Reads as many of the first bytes as it takes; a client that waits for the other side's first word speaks something else. */
export function detectProtocol(connection: StolenConnection): Promise<Protocol> {
  return peek(connection, { judge: judgeProtocol, judgeAtLast: judgeUnfinished });
}

/** Undefined where more bytes are needed. */
export function judgeProtocol(head: Buffer): Protocol | undefined {
  if (head[0] === TLS_HANDSHAKE) return judgeRecord(head);
  const length = Math.min(head.length, HTTP2_PREFACE.length);
  if (head.subarray(0, length).equals(HTTP2_PREFACE.subarray(0, length))) {
    return length === HTTP2_PREFACE.length ? 'http2' : undefined;
  }
  const lf = head.indexOf(LF);
  if (lf >= 0) return isRequestLine(head.toString('latin1', 0, lf - 1)) ? 'http1' : 'other';
  return isBeginning(head) && head.length <= LINE_MAX_BYTES ? undefined : 'other';
}

function judgeRecord(head: Buffer): Protocol | undefined {
  if (head.length < 2) return undefined;
  return head[1] === TLS_MAJOR ? 'tls' : 'other';
}

/** Of a request line that does not go on it is enough to know that it is one: who waits for the rest has other means. */
export function judgeUnfinished(head: Buffer): Protocol {
  const [method, ...rest] = head.toString('latin1', 0, 64).split(' ');
  return isBeginning(head) && rest.length > 0 && METHODS.includes(method ?? '') ? 'http1' : 'other';
}

function isBeginning(head: Buffer): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{0,32}($| ($|[!-~]))/.test(head.toString('latin1', 0, 64));
}
