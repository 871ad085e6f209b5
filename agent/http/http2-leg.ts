import http2 from 'node:http2';
import type { Duplex } from 'node:stream';

/** What one stream, and all streams together, may bring before it is read on. It crosses the tunnel, so a path of 40 ms needs room. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 4 * 1024 * 1024;

export interface Http2LegOptions {
  /** Opens the connection; undefined where there is none to be had, rejects where it is refused. */
  readonly open: () => Promise<Duplex | undefined>;
  /** The other side takes no new streams, and finishes those that it has. */
  readonly onGoaway: () => void;
  /** The connection was refused, or broke. */
  readonly onLost: () => void;
}

type Opening = Promise<http2.ClientHttp2Session | undefined>;

/**
 * The way from a split HTTP/2 connection to one of those who answer it: a session of our own, opened by the first stream that goes
 * there, and anew by the next one where it has ended.
 */
export class Http2Leg {
  readonly #options: Http2LegOptions;
  #opening: Opening | undefined;
  #isClosed = false;

  constructor(options: Http2LegOptions) {
    this.#options = options;
  }

  /** Undefined where there is none to be had, rejects where it is refused. */
  async session(): Opening {
    this.#opening ??= this.#open();
    const opening = this.#opening;
    try {
      const session = await opening;
      if (session === undefined) this.#forget(opening);
      return session;
    } catch (error) {
      this.#lose(opening);
      throw error;
    }
  }

  /** The client's connection is over: its streams are too. */
  close(): void {
    this.#isClosed = true;
    this.#opening?.then((session) => session?.close()).catch(() => undefined);
  }

  async #open(): Opening {
    const connection = await this.#options.open();
    if (connection === undefined) return undefined;
    connection.allowHalfOpen = false;
    const opening = this.#opening;
    const session = http2.connect('http://kdev', {
      createConnection: () => connection,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES },
    });
    connection.read(0); // a socket that nobody has read yet does not begin by itself
    session.once('connect', () => session.setLocalWindowSize(CONNECTION_WINDOW_BYTES));
    session.on('error', () => undefined); // seen by its close
    session.on('goaway', (code: number) => {
      if (code === http2.constants.NGHTTP2_NO_ERROR && this.#forget(opening)) {
        this.#options.onGoaway();
      }
    });
    session.on('close', () => this.#lose(opening));
    if (this.#isClosed) session.close();
    return session;
  }

  #lose(opening: Opening | undefined): void {
    if (this.#forget(opening) && !this.#isClosed) this.#options.onLost();
  }

  /** Whether it was the present one. */
  #forget(opening: Opening | undefined): boolean {
    if (this.#opening !== opening) return false;
    this.#opening = undefined;
    return true;
  }
}
