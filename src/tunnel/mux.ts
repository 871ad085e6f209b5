import type { Api, Method, StreamInfo } from '../protocol/messages.ts';
import type { Link } from './link.ts';
import type { MuxStream } from './stream.ts';

export interface Reply<A> {
  readonly body: A;
  readonly tail: Buffer;
}

export interface CallOptions {
  readonly tail?: Buffer;
  readonly signal?: AbortSignal;
  /** Default 30 s. */
  readonly timeoutMs?: number;
}

export interface MuxOptions {
  readonly side: 'caller' | 'agent';
  /** The most that one stream's receive window grows to. */
  readonly windowBytes?: number;
  /** Calls under way at once, each way; one more is EAGAIN. */
  readonly maxCalls?: number;
  /** Streams open at once, each way; one more is EAGAIN. */
  readonly maxStreams?: number;
}

export interface Peer {
  readonly version: number;
  readonly features: ReadonlySet<string>;
}

export type Serve<M extends Method> = (
  args: Api[M]['args'],
  tail: Buffer,
  signal: AbortSignal,
) => Promise<{ readonly body: Api[M]['answer']; readonly tail?: Buffer }>;

/** Streams, calls and datagrams over one link. */
export declare class Mux {
  constructor(link: Link, options: MuxOptions);
  /** What the peer said of itself. Never an unhandled rejection. */
  readonly peer: Promise<Peer>;
  /** Resolves once, with the error that ended the mux, or undefined where either side closed it. */
  readonly closed: Promise<Error | undefined>;
  /** Set before the first await; a stream that nobody takes is refused. */
  onStream: (stream: MuxStream) => void;
  onDatagram: (flow: number, payload: Buffer) => void;
  /** Usable at once, without a round trip. Throws with `code` EAGAIN above the limit, EPIPE when closed. */
  open(info: StreamInfo, priority?: 'bulk' | 'mirror'): MuxStream;
  /** Rejects with `code` = the peer's errno name, or ETIMEDOUT, ECANCELED, ECONNRESET, EAGAIN, EPROTO. */
  call<M extends Method>(
    method: M,
    args: Api[M]['args'],
    options?: CallOptions,
  ): Promise<Reply<Api[M]['answer']>>;
  /** A thrown error travels as its errno name in `code`, else as EIO. The signal is aborted by the peer's CANCEL and the end. */
  handle<M extends Method>(method: M, serve: Serve<M>): void;
  /** False where an older datagram had to be dropped for it, or it is too large. */
  datagram(flow: number, payload: Buffer): boolean;
  /** Round trip in milliseconds. */
  ping(): Promise<number>;
  /** Resets what is open, delivers what was sent, ends the link. */
  close(reason?: string): Promise<void>;
}
