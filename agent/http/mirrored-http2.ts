import http2 from 'node:http2';
import { Duplex } from 'node:stream';
import type { FlowBreak, FlowSink } from '../incoming/mirrored-flow.ts';
import { ClientFrames } from './client-frames.ts';
import { outgoingHeaders, type RawHeaders } from './http2-headers.ts';
import { Http2Leg } from './http2-leg.ts';
import { type Http2Request, sendTrailers, takeRequest } from './http2-relay.ts';
import { judgeHttp2 } from './judge-http2.ts';
import type { Judge } from './matcher.ts';
import { resetHttp2 } from './reset-http2.ts';

/** The target's settings are not seen: whatever it may have allowed its client is allowed. */
const WINDOW_MAX_BYTES = 2 ** 31 - 1;
const FRAME_MAX_BYTES = 2 ** 24 - 1;
const TABLE_MAX_BYTES = 64 * 1024;
const STREAMS_MAX = 1000;
const HEADER_LIST_MAX_BYTES = 64 * 1024;
const HEADERS_MAX = 1000;
/** A copy cannot hold its client back: what waits for the service, of all streams, and what comes before the service has answered at all. */
const WAITING_MAX_BYTES = 16 * 1024 * 1024;
/** How long the service may go on with the requests of a client that is gone. */
const ENDING_MS = 10_000;

export interface MirroredHttp2Options {
  readonly judge: Judge;
  /** A connection to the service, whose answers are thrown away. */
  readonly openService: () => Promise<Duplex | undefined>;
}

/**
 * Gives the service those streams of a mirrored HTTP/2 connection that are wanted, in a session of our own: each of them is a whole one,
 * whatever was said on the connection before. The client's frames are fed to a session that answers into the void.
 *
 * A connection whose first bytes were not seen cannot be read: its headers lean on earlier ones.
 */
export class MirroredHttp2 implements FlowSink {
  readonly #judge: Judge;
  readonly #service: Http2Leg;
  readonly #copy = new Copy();
  readonly #frames = new ClientFrames((bytes) => this.#copy.push(bytes));
  readonly #session: http2.ServerHttp2Session;
  /** Streams for which is not known yet where they go, and what has come meanwhile. */
  #undecided = 0;
  #undecidedBytes = 0;
  /** Of streams that are given. */
  #waitingBytes = 0;

  constructor({ judge, openService }: MirroredHttp2Options) {
    this.#judge = judge;
    const nothing = () => undefined;
    this.#service = new Http2Leg({ open: openService, onGoaway: nothing, onLost: nothing });
    this.#session = http2.performServerHandshake(this.#copy, {
      maxHeaderListPairs: HEADERS_MAX,
      settings: {
        initialWindowSize: WINDOW_MAX_BYTES,
        maxFrameSize: FRAME_MAX_BYTES,
        headerTableSize: TABLE_MAX_BYTES,
        maxConcurrentStreams: STREAMS_MAX,
        maxHeaderListSize: HEADER_LIST_MAX_BYTES,
      },
    });
    this.#session.setLocalWindowSize(WINDOW_MAX_BYTES);
    this.#session.on('error', () => undefined); // seen by its close
    this.#session.on('close', () => this.#service.close());
    this.#session.on('stream', (stream, _headers, flags: number, raw: RawHeaders = []) => {
      this.#undecided++;
      this.#give(takeRequest(stream, flags, raw))
        .catch(() => stream.resume())
        .finally(() => {
          this.#undecided--;
        });
    });
  }

  isOpen(): boolean {
    return !this.#session.destroyed;
  }

  data(bytes: Buffer): void {
    this.#undecidedBytes = this.#undecided > 0 ? this.#undecidedBytes + bytes.length : 0;
    if (this.#undecidedBytes > WAITING_MAX_BYTES) this.#session.destroy();
    if (!this.isOpen()) return;
    // The packet's own bytes are valid during the call only.
    this.#frames.push(Buffer.from(bytes));
  }

  /** The service may be slower than the target was: it is not called off at once. */
  end(): void {
    setTimeout(() => this.#copy.push(null), ENDING_MS).unref();
  }

  break(_why: FlowBreak): void {
    this.#session.destroy();
  }

  async #give(request: Http2Request): Promise<void> {
    const isWanted = await judgeHttp2(request, this.#judge);
    const session = isWanted ? await this.#service.session() : undefined;
    if (session === undefined || request.stream.aborted) request.stream.resume();
    else this.#mirror(request, session);
  }

  #mirror(request: Http2Request, session: http2.ClientHttp2Session): void {
    const copy = copyStream(request, session);
    if (request.isBodiless) return;
    const write = (chunk: Buffer) => {
      this.#waitingBytes += chunk.length;
      copy.write(chunk, () => {
        this.#waitingBytes -= chunk.length;
      });
      if (this.#waitingBytes > WAITING_MAX_BYTES) {
        resetHttp2(copy, http2.constants.NGHTTP2_CANCEL);
      }
    };
    const { stream, bodyStart } = request;
    if (bodyStart.length > 0) write(bodyStart);
    stream.on('data', write);
    const end = () => {
      if (!stream.aborted) copy.end();
    };
    if (stream.readableEnded) end();
    else stream.on('end', end);
  }
}

/** What is written to it is nobody's. */
class Copy extends Duplex {
  override _read(): void {
    // Pushed as it comes.
  }

  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
}

/** The same request to the service; its body is still to come. */
function copyStream(
  request: Http2Request,
  session: http2.ClientHttp2Session,
): http2.ClientHttp2Stream {
  const { stream, headers, isBodiless } = request;
  const copy = session.request(outgoingHeaders(headers), {
    endStream: isBodiless,
    waitForTrailers: !isBodiless,
  });
  copy.on('error', () => undefined);
  copy.resume();
  copy.on('wantTrailers', () => sendTrailers(copy, request.trailers));
  stream.on('aborted', () => resetHttp2(copy, stream.rstCode || http2.constants.NGHTTP2_CANCEL));
  return copy;
}
