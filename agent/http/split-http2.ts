import http2 from 'node:http2';
import type { Duplex } from 'node:stream';
import { abort, type End } from '../../src/relay/join.ts';
import { headerOf, type RawHeaders } from './http2-headers.ts';
import { Http2Leg } from './http2-leg.ts';
import { type Http2Request, relayHttp2, takeRequest } from './http2-relay.ts';
import { judgeHttp2 } from './judge-http2.ts';
import type { Judge } from './matcher.ts';
import { resetHttp2 } from './reset-http2.ts';

/** More streams of one connection at once wait at its client, which is told so. */
const STREAMS_MAX = 1000;
/** A longer list of headers is refused, stream by stream. */
const HEADER_LIST_MAX_BYTES = 64 * 1024;
const HEADERS_MAX = 1000;
const SESSION_MEMORY_MAX_MIB = 64;

export interface Http2SplitOptions {
  /** The client's connection, paused. */
  readonly client: End;
  /** What was read of it already, from the first byte of the preface on. */
  readonly head: Buffer;
  readonly judge: Judge;
  /** A connection to the service; undefined where there is none to be had and the target serves. Rejects where the service refuses. */
  readonly openService: () => Promise<Duplex | undefined>;
  readonly openTarget: () => Promise<Duplex>;
  /** Says to the client whose request it is why the service does not take it. */
  readonly refusal: (error: unknown) => string;
}

/**
 * Splits an HTTP/2 connection by streams: each goes to the service or to the target, over sessions of our own. SETTINGS, PING,
 * windows and HPACK are each side's own; nothing is pushed (no side may), and extended CONNECT is not offered.
 *
 * Ways to end: the client leaves → both sides; the target leaves (GOAWAY without error) → the client is told so, and its streams end in
 * peace; the target refuses or breaks off → the client is reset; a service that does either ends its own streams only.
 */
export class Http2Splitter {
  readonly #options: Http2SplitOptions;
  readonly #session: http2.ServerHttp2Session;
  readonly #service: Http2Leg;
  readonly #target: Http2Leg;

  constructor(options: Http2SplitOptions) {
    const { client, head, openService, openTarget } = options;
    this.#options = options;
    client.allowHalfOpen = false; // who has sent FIN takes no answers either: Node would keep the session for ever
    if (head.length > 0) client.unshift(head);
    const session = http2.performServerHandshake(client, {
      maxHeaderListPairs: HEADERS_MAX,
      maxSessionMemory: SESSION_MEMORY_MAX_MIB,
      settings: { maxConcurrentStreams: STREAMS_MAX, maxHeaderListSize: HEADER_LIST_MAX_BYTES },
    });
    client.read(0); // a socket that nobody has read yet does not begin by itself
    this.#session = session;
    this.#service = new Http2Leg({
      open: openService,
      onGoaway: () => undefined,
      onLost: () => undefined,
    });
    this.#target = new Http2Leg({
      open: openTarget,
      onGoaway: () => session.close(),
      onLost: () => abort(client, 'ECONNRESET'),
    });
    this.#follow();
  }

  #follow(): void {
    const session = this.#session;
    session.on('error', () => undefined); // seen by its close
    session.on('close', () => {
      this.#service.close();
      this.#target.close();
    });
    session.on('stream', (stream, _headers, flags: number, raw: RawHeaders = []) => {
      this.#give(takeRequest(stream, flags, raw)).catch(() => {
        resetHttp2(stream, http2.constants.NGHTTP2_INTERNAL_ERROR);
      });
    });
  }

  async #give(request: Http2Request): Promise<void> {
    const isForService = await judgeHttp2(request, this.#options.judge);
    if (!(isForService && (await this.#giveToService(request)))) await this.#giveToTarget(request);
  }

  /** False where there is no service. */
  async #giveToService(request: Http2Request): Promise<boolean> {
    const refuse = (error?: unknown) => refuseRequest(request, this.#options.refusal(error));
    try {
      const session = await this.#service.session();
      if (session === undefined) return false;
      relayHttp2(request, session, ({ code, hasAnswered }) => {
        if (hasAnswered) resetHttp2(request.stream, code);
        else refuse();
      });
    } catch (error) {
      refuse(error);
    }
    return true;
  }

  /** Where the target cannot be reached, or is lost, so is the client's connection. */
  async #giveToTarget(request: Http2Request): Promise<void> {
    const session = await this.#target.session().catch(() => undefined);
    if (session === undefined) return;
    relayHttp2(request, session, ({ code }) => resetHttp2(request.stream, code));
  }
}

/** As gRPC says UNAVAILABLE (an answer of trailers only), or as HTTP says 502. */
function refuseRequest({ stream, headers }: Http2Request, words: string): void {
  if (stream.closed || stream.headersSent) return;
  const type = headerOf(headers, 'content-type') ?? '';
  if (type.startsWith('application/grpc')) {
    const status = { 'grpc-status': '14', 'grpc-message': grpcMessage(words) };
    stream.respond({ ':status': 200, 'content-type': type, ...status }, { endStream: true });
  } else {
    stream.respond({ ':status': 502, 'content-type': 'text/plain; charset=utf-8' });
    stream.end(`${words}\n`);
  }
  // Nobody reads the rest of the request.
  if (!stream.readableEnded) stream.close(http2.constants.NGHTTP2_NO_ERROR);
  stream.resume();
}

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md: percent-encoded outside of printable ASCII. */
function grpcMessage(words: string): string {
  return words.replace(/[^ -$&-~]/gu, encodeURIComponent);
}
