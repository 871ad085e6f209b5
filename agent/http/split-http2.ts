import http2 from 'node:http2';
import type { Duplex } from 'node:stream';
import { headerOf, type RawHeaders } from './http2-headers.ts';
import { Http2Leg } from './http2-leg.ts';
import { type Http2Ending, type Http2Request, relayHttp2 } from './http2-relay.ts';
import { type Judge, judgeHttp2 } from './judge-http2.ts';
import { resetHttp2 } from './reset-http2.ts';

/** More streams of one connection at once wait at its client, which is told so. */
const STREAMS_MAX = 1000;
/** A longer list of headers is refused, stream by stream. */
const HEADER_LIST_MAX_BYTES = 64 * 1024;
const HEADERS_MAX = 1000;
const SESSION_MEMORY_MAX_MIB = 64;

export interface Http2SplitOptions {
  /** The client's connection, paused. */
  readonly client: Duplex;
  /** What was read of it already, from the first byte of the preface on. */
  readonly head: Buffer;
  /** Whether a request is for the service. */
  readonly judge: Judge;
  readonly dialService: () => Promise<Duplex>;
  readonly dialTarget: () => Promise<Duplex>;
  /** Ends the client's connection as one that breaks. */
  readonly abortClient: () => void;
}

/**
 * Splits an HTTP/2 connection by streams: each goes to the service or to the target, over sessions of our own. SETTINGS, PING,
 * windows and HPACK are each side's own; nothing is pushed (no side may), and extended CONNECT is not offered.
 *
 * Ways to end: the client leaves; the target leaves (GOAWAY without error): the client is told so, its streams end in peace; the target refuses or
 * breaks off: so is the client. A service that does either ends its own streams only.
 */
export function splitHttp2(options: Http2SplitOptions): void {
  const { client, head, abortClient } = options;
  if (head.length > 0) client.unshift(head);
  const session = http2.performServerHandshake(client, {
    maxHeaderListPairs: HEADERS_MAX,
    maxSessionMemory: SESSION_MEMORY_MAX_MIB,
    settings: { maxConcurrentStreams: STREAMS_MAX, maxHeaderListSize: HEADER_LIST_MAX_BYTES },
  });
  client.read(0); // a socket that nobody has read yet does not begin by itself
  const service = new Http2Leg({ dial: options.dialService });
  const target = new Http2Leg({
    dial: options.dialTarget,
    onGoaway: () => session.close(),
    onLost: abortClient,
  });
  session.on('error', () => undefined); // seen by its close
  session.on('close', () => {
    service.close();
    target.close();
  });
  session.on('stream', (stream, _headers, flags: number, raw?: RawHeaders) => {
    const request = takeRequest(stream, flags, raw ?? []);
    judgeHttp2(request, options.judge)
      .then((isForService) => {
        if (isForService) giveToService(request, service);
        else giveToTarget(request, target);
      })
      .catch(() => resetHttp2(stream, http2.constants.NGHTTP2_INTERNAL_ERROR));
  });
}

function takeRequest(
  stream: http2.ServerHttp2Stream,
  flags: number,
  headers: RawHeaders,
): Http2Request {
  const isBodiless = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
  const request: Http2Request = {
    stream,
    headers,
    isBodiless,
    bodyStart: Buffer.alloc(0),
    trailers: [],
  };
  stream.on('error', () => undefined); // seen by its close
  stream.on('trailers', (_headers, _flags, raw?: RawHeaders) => {
    request.trailers = raw ?? [];
  });
  return request;
}

function giveToService(request: Http2Request, service: Http2Leg): void {
  const { stream } = request;
  const onBroken = ({ code, hasAnswered }: Http2Ending) => {
    if (hasAnswered) resetHttp2(stream, code);
    else answerUnavailable(request);
  };
  service.session().then(
    (session) => {
      if (!stream.closed) relayHttp2(request, session, onBroken);
    },
    () => answerUnavailable(request),
  );
}

/** Where the target cannot be reached, or is lost, the client's connection breaks. */
function giveToTarget(request: Http2Request, target: Http2Leg): void {
  const { stream } = request;
  const onBroken = ({ code }: Http2Ending) => resetHttp2(stream, code);
  target.session().then(
    (session) => {
      if (!stream.closed) relayHttp2(request, session, onBroken);
    },
    () => undefined,
  );
}

/** As gRPC says it (an answer of trailers only), or as HTTP does. */
function answerUnavailable({ stream, headers }: Http2Request): void {
  if (stream.closed || stream.headersSent) return;
  const words = 'kdev: the service did not answer';
  const type = headerOf(headers, 'content-type') ?? '';
  const answer = type.startsWith('application/grpc')
    ? { ':status': 200, 'content-type': type, 'grpc-status': '14', 'grpc-message': words }
    : { ':status': 502 };
  stream.respond(answer, { endStream: true });
  // Nobody reads the rest of the request.
  if (!stream.readableEnded) stream.close(http2.constants.NGHTTP2_NO_ERROR);
}
