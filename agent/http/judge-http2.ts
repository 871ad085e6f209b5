import { headerOf } from './http2-headers.ts';
import type { Http2Request } from './http2-relay.ts';
import { BODY_MAX_BYTES, type Judge, type JudgedRequest } from './matcher.ts';

/** How long a body that decides may take to arrive. */
const PATIENCE_MS = 10_000;

/**
 * Whether a stream is for the service. Where its body decides it is read before, as far as it is JSON and not too large; what was read
 * is in the request afterwards. A stream that ends meanwhile is for nobody in particular.
 */
export async function judgeHttp2(request: Http2Request, judge: Judge): Promise<boolean> {
  const judged = judgedOf(request);
  const verdict = judge(judged);
  if (verdict !== undefined) return verdict;
  return judge({ ...judged, body: isJson(request) ? await readBody(request) : null }) === true;
}

/** `:authority` stands for Host (RFC 9113 section 8.3.1). */
function judgedOf({ headers }: Http2Request): JudgedRequest {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    if (name === ':authority') pairs.push(['host', value]);
    else if (!name.startsWith(':')) pairs.push([name, value]);
  }
  const method = headerOf(headers, ':method') ?? '';
  return { method, path: headerOf(headers, ':path') ?? '', headers: pairs };
}

/** Others may be streams that wait for an answer before they go on. */
function isJson({ isBodiless, headers }: Http2Request): boolean {
  const type = headerOf(headers, 'content-type') ?? '';
  const expects = headerOf(headers, 'expect') !== undefined;
  return !isBodiless && !expects && /^application\/json[ \t]*(;|$)/i.test(type);
}

/** The whole body, or null where it is too large or does not go on in time. */
function readBody(request: Http2Request): Promise<Buffer | null> {
  const { stream } = request;
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const finish = (isWhole: boolean) => {
      clearTimeout(timer);
      stream.pause();
      stream.off('data', read).off('end', ended).off('close', closed);
      request.bodyStart = Buffer.concat(parts);
      resolve(isWhole ? request.bodyStart : null);
    };
    const read = (chunk: Buffer) => {
      parts.push(chunk);
      bytes += chunk.length;
      if (bytes > BODY_MAX_BYTES) finish(false);
    };
    const ended = () => finish(true);
    const closed = () => finish(false);
    const timer = setTimeout(finish, PATIENCE_MS, false);
    stream.on('data', read).on('end', ended).on('close', closed);
  });
}
