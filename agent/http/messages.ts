import { type Field, type Head, isToken } from './head-lines.ts';
import type { BodyEnd, MessageForm } from './message-reader.ts';

export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly Field[];
  /** Whether the client may wait for a word before it sends the body. */
  readonly expects: boolean;
  /** Whether the connection may belong to another protocol after the answer. */
  readonly mayUpgrade: boolean;
  readonly hasBody: boolean;
}

export interface ResponseHead {
  readonly status: number;
}

const REQUEST_LINE = /^(\S+) (\S+) HTTP\/1\.([01])$/;
const TARGET = /^[\x21-\x7e\x80-\xff]+$/;
const STATUS_LINE = /^HTTP\/1\.[01] ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
/** More bytes than a number counts exactly are nobody's. */
const LENGTH = /^\d{1,15}$/;

export function isRequestLine(line: string): boolean {
  const [, method = '', target = ''] = REQUEST_LINE.exec(line) ?? [];
  return isToken(method) && TARGET.test(target);
}

export const requests: MessageForm<RequestHead> = {
  isStart: isRequestLine,
  read: ({ start, fields }) => {
    const [, method = '', path = '', minor] = REQUEST_LINE.exec(start) ?? [];
    const body = requestBody(fields, minor === '1');
    if (body === undefined) return undefined;
    const head: RequestHead = {
      method,
      path,
      headers: fields,
      expects: has(fields, 'expect'),
      mayUpgrade: method === 'CONNECT' || has(fields, 'upgrade'),
      hasBody: body !== 0,
    };
    return { head, body };
  },
};

/** The form of responses; the method is that of the request which the next one answers, and is asked for once a response. */
export function responsesTo(methodOf: () => string): MessageForm<ResponseHead> {
  return {
    isStart: (line) => STATUS_LINE.test(line),
    read: (head) => {
      const status = Number(STATUS_LINE.exec(head.start)?.[1]);
      const body = responseBody(head, status, methodOf());
      return body === undefined ? undefined : { head: { status }, body };
    },
  };
}

/** Undefined for the shapes in which two servers would see two different ends (RFC 9112 section 6.3), repeated lengths included. */
function requestBody(fields: readonly Field[], isHttp11: boolean): BodyEnd | undefined {
  const codings = valuesOf(fields, 'transfer-encoding');
  const lengths = valuesOf(fields, 'content-length');
  if (codings.length + lengths.length > 1) return undefined;
  const [coding] = codings;
  if (coding !== undefined) {
    return isHttp11 && coding.toLowerCase() === 'chunked' ? 'chunked' : undefined;
  }
  return lengthOf(lengths[0] ?? '0');
}

/** RFC 9112 section 6.3: what has no body whatever its fields say, then the fields, else it ends with the connection. */
function responseBody({ fields }: Head, status: number, method: string): BodyEnd | undefined {
  if (isTunnel(status, method)) return 'close';
  if (status < 200 || status === 204 || status === 304 || method === 'HEAD') return 0;
  const codings = valuesOf(fields, 'transfer-encoding');
  const [length, ...others] = valuesOf(fields, 'content-length');
  if (codings.length > 0) {
    if (length !== undefined) return undefined;
    return /(^|[ \t,])chunked$/i.test(codings.at(-1) ?? '') ? 'chunked' : 'close';
  }
  if (others.length > 0) return undefined;
  return length === undefined ? 'close' : lengthOf(length);
}

/** Whether the connection belongs to another protocol behind this answer. */
export function isTunnel(status: number, method: string): boolean {
  return status === 101 || (method === 'CONNECT' && status >= 200 && status < 300);
}

function lengthOf(value: string): number | undefined {
  return LENGTH.test(value) ? Number(value) : undefined;
}

function valuesOf(fields: readonly Field[], name: string): readonly string[] {
  return fields.flatMap(([given, value]) => (given.toLowerCase() === name ? [value] : []));
}

function has(fields: readonly Field[], name: string): boolean {
  return valuesOf(fields, name).length > 0;
}
