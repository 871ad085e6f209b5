import http2 from 'node:http2';
import type { Duplex } from 'node:stream';

/** What one stream, and all streams together, may bring before it is read on. It crosses the tunnel, so a path of 40 ms needs room. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 4 * 1024 * 1024;

export interface Http2LegOptions {
  /** Opens the connection; rejects where it is refused. */
  readonly dial: () => Promise<Duplex>;
  /** The other side takes no new streams, and finishes those that it has. */
  readonly onGoaway?: () => void;
  /** The connection was refused, or broke. */
  readonly onLost?: () => void;
}

/**
 * The way from a split HTTP/2 connection to one of those who answer it: one session of our own, opened by the first stream that goes
 * there, anew by the next one where it has ended.
 */
export class Http2Leg {
  readonly #options: Http2LegOptions;
  #opening: Promise<http2.ClientHttp2Session> | undefined;
  #isClosed = false;

  constructor(options: Http2LegOptions) {
    this.#options = options;
  }

  session(): Promise<http2.ClientHttp2Session> {
    if (this.#opening !== undefined) return this.#opening;
    const opening = this.#open();
    this.#opening = opening;
    opening.catch(() => this.#lose(opening));
    return opening;
  }

  /** The client's connection is over: its streams are too. */
  close(): void {
    this.#isClosed = true;
    this.#opening?.then((session) => session.close()).catch(() => undefined);
  }

  async #open(): Promise<http2.ClientHttp2Session> {
    const connection = await this.#options.dial();
    const session = http2.connect('http://kdev', {
      createConnection: () => connection,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES },
    });
    const opening = this.#opening;
    session.once('connect', () => session.setLocalWindowSize(CONNECTION_WINDOW_BYTES));
    session.on('error', () => undefined); // seen by its close
    session.on('goaway', (code: number) => {
      if (code === http2.constants.NGHTTP2_NO_ERROR) this.#leave(opening);
    });
    session.on('close', () => this.#lose(opening));
    if (this.#isClosed) session.close();
    return session;
  }

  #leave(opening: Promise<unknown> | undefined): void {
    if (this.#opening !== opening) return;
    this.#opening = undefined;
    this.#options.onGoaway?.();
  }

  #lose(opening: Promise<unknown> | undefined): void {
    if (this.#opening !== opening) return;
    this.#opening = undefined;
    if (!this.#isClosed) this.#options.onLost?.();
  }
}
