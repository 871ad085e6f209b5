import { Decoder } from '../protocol/decoder.ts';
import { errnoError, errnoName, isViolation } from '../protocol/errno.ts';
import { decodeCodeAndText } from '../protocol/failure.ts';
import {
  decodeRst,
  decodeWindow,
  encodeFailure,
  encodeFrame,
  FRAME,
  frameFraming,
} from '../protocol/frames.ts';
import { decodeHello, encodeHello } from '../protocol/hello.ts';
import { PROTOCOL_VERSION } from '../protocol/launch.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Api, Method, StreamInfo } from '../protocol/messages.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { unpin } from '../runtime/unpin.ts';
import { type CallOptions, type CallSender, CallsMade } from './calls-made.ts';
import { CallsServed, type ServeAny } from './calls-served.ts';
import { DatagramQueue } from './datagrams.ts';
import { LargeMessage, largeMessageBytes } from './large-message.ts';
import type { Link } from './link.ts';
import { Outbox, type Priority } from './outbox.ts';
import { Pings } from './pings.ts';
import type { MuxStream } from './stream.ts';
import { Streams } from './streams.ts';

export interface Reply<A> {
  readonly body: A;
  readonly tail: Buffer;
}

export interface MuxOptions {
  readonly side: 'caller' | 'agent';
  /** The most that one stream's receive window grows to. */
  readonly windowBytes?: number;
  /** The most by which all windows together grow beyond the initial one. */
  readonly windowBudgetBytes?: number;
  /** Calls under way at once, each way; one more is EAGAIN. */
  readonly maxCalls?: number;
  /** Streams open at once, each way; one more is EAGAIN. */
  readonly maxStreams?: number;
  readonly clock?: Clock;
  /** What this side says of itself; the version is fixed by the code. */
  readonly protocol?: number;
  readonly features?: readonly string[];
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

type Handler = (id: number, payload: Buffer) => void;

const nothing = () => {};

/**
 * Streams, calls and datagrams over one link.
 *
 * A mux ends, with all its streams and calls
 * - by close() of either side (GOAWAY, then the link's own end): `closed` resolves with undefined;
 * - with its link: gone, given up, aborted by the peer;
 * - when the peer breaks the protocol or speaks another version: EPROTO, told to the peer by the link's ABORT.
 */
export class Mux {
  /** What the peer said of itself. Never an unhandled rejection. */
  readonly peer: Promise<Peer>;
  /** Resolves once, with the error that ended the mux, or undefined where either side closed it. */
  readonly closed: Promise<Error | undefined>;
  /** Set before the first await; a stream that nobody takes is refused. */
  onStream: (stream: MuxStream) => void = (stream) => stream.reset('ECONNREFUSED');

  readonly #link: Link;
  readonly #peerName: string;
  readonly #protocol: number;
  readonly #datagrams = new DatagramQueue();
  readonly #outbox: Outbox;
  readonly #streams: Streams;
  readonly #made: CallsMade;
  readonly #served: CallsServed;
  readonly #handlers: readonly (Handler | undefined)[];
  readonly #pings: Pings;
  #greeted = false;
  #ended: { readonly why: Error | undefined } | undefined;
  #settlePeer: { resolve: (peer: Peer) => void; reject: (error: Error) => void } | undefined;
  #settleClosed: (why: Error | undefined) => void = nothing;

  constructor(link: Link, options: MuxOptions) {
    const { side, clock = systemClock, protocol = PROTOCOL_VERSION, features = [] } = options;
    this.#link = link;
    this.#protocol = protocol;
    this.#peerName = side === 'caller' ? 'the agent' : 'the caller';
    this.peer = new Promise((resolve, reject) => {
      this.#settlePeer = { resolve, reject };
    });
    this.peer.catch(nothing);
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.#outbox = new Outbox(link, this.#datagrams, (error) => this.#abort(error));
    this.#streams = new Streams({
      side,
      clock,
      link,
      outbox: this.#outbox,
      datagrams: this.#datagrams,
      most: options.maxStreams ?? LIMITS.streams,
      windowBytes: options.windowBytes ?? 4 * 1024 * 1024,
      windowBudgetBytes: options.windowBudgetBytes ?? 64 * 1024 * 1024,
      offer: (stream) => this.onStream(stream),
    });
    const most = options.maxCalls ?? LIMITS.calls;
    const sender: CallSender = {
      sendControl: (frame) => this.#outbox.control(frame),
      sendMessage: (head, tail, sent) => this.#sendMessage(head, tail, sent),
    };
    this.#made = new CallsMade(sender, { clock, most });
    this.#served = new CallsServed(sender, most);
    this.#pings = new Pings(clock, sender.sendControl);
    this.#handlers = this.#dispatchTable();
    this.#attach();
    this.#outbox.control(
      encodeFrame(FRAME.hello, 0, encodeHello({ protocol, features: new Set(features) })),
    );
  }

  /** Datagrams that were dropped here because the link did not take them in time. */
  get droppedDatagrams(): number {
    return this.#datagrams.dropped;
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  /** Usable at once, without a round trip. Throws with `code` EAGAIN above the limit, EPIPE when closed. */
  open(info: StreamInfo, priority: Priority = 'bulk'): MuxStream {
    this.#checkOpen();
    return this.#streams.open(info, priority);
  }

  /** Rejects with `code` = the peer's errno name, or ETIMEDOUT, ECANCELED, ECONNRESET, EAGAIN, EMSGSIZE, EPIPE, EPROTO. */
  async call<M extends Method>(
    method: M,
    args: Api[M]['args'],
    options: CallOptions = {},
  ): Promise<Reply<Api[M]['answer']>> {
    this.#checkOpen();
    // CallsMade has checked the body against the method's answer.
    const answer: Reply<unknown> = await this.#made.call(method, args, options);
    return answer as Reply<Api[M]['answer']>;
  }

  /** A thrown error travels as its errno name in `code`, else as EIO. The signal is aborted by the peer's CANCEL and the end. */
  handle<M extends Method>(method: M, serve: Serve<M>): void {
    this.#served.handle(method, serve as ServeAny);
  }

  /** Round trip in milliseconds. */
  async ping(): Promise<number> {
    this.#checkOpen();
    return await this.#pings.ping();
  }

  /** Resets what is open, delivers what was sent before, ends the link. Idempotent. */
  async close(reason = ''): Promise<void> {
    if (this.#ended === undefined) {
      this.#outbox.control(encodeFailure(FRAME.goaway, 0, 0, reason));
      this.#outbox.flushControl();
      this.#finish(undefined, errnoError('ECANCELED', `the tunnel was closed: ${reason}`));
      this.#link.close();
    }
    await this.closed;
  }

  #attach(): void {
    const decoder = new Decoder(frameFraming, {
      unit: (type, id, payload) => this.#receive(type, id, payload),
      piece: (id, piece) => {
        if (!this.#greeted) this.#receive(FRAME.data, id, piece);
        else if (this.#ended === undefined) this.#streams.get(id)?.receive(piece);
      },
    });
    this.#link.onData = (chunk) => {
      if (this.#ended !== undefined) return;
      try {
        decoder.push(chunk);
      } catch (error) {
        if (!isViolation(error)) throw error;
        this.#abort(error);
      }
    };
    this.#link.onEnd = (why) => {
      this.#finish(why, why ?? errnoError('ECONNRESET', `${this.#peerName} closed the tunnel`));
      this.#settleClosed(this.#ended?.why);
    };
  }

  #receive(type: number, id: number, payload: Buffer): void {
    if (this.#ended !== undefined) return;
    if (!this.#greeted && type !== FRAME.hello) {
      throw errnoError('EPROTO', `${this.#peerName} did not begin with HELLO`);
    }
    this.#handlers[type]?.(id, payload);
  }

  #dispatchTable(): readonly (Handler | undefined)[] {
    const table: (Handler | undefined)[] = [];
    table[FRAME.hello] = (_id, payload) => this.#receiveHello(payload);
    table[FRAME.open] = (id, payload) => this.#streams.receiveOpen(id, payload);
    table[FRAME.accept] = (id) => this.#streams.get(id)?.receiveAccept();
    table[FRAME.window] = (id, payload) =>
      this.#streams.get(id)?.receiveWindow(decodeWindow(payload));
    table[FRAME.fin] = (id) => this.#streams.get(id)?.receiveFin();
    table[FRAME.rst] = (id, payload) => this.#streams.get(id)?.receiveReset(decodeRst(payload));
    table[FRAME.datagram] = (id, payload) => this.#streams.get(id)?.onDatagram(unpin(payload));
    table[FRAME.call] = (id, payload) => this.#served.receiveCall(id, payload);
    table[FRAME.reply] = (id, payload) => this.#made.receiveReply(id, payload);
    table[FRAME.error] = (id, payload) => this.#made.receiveError(id, payload);
    table[FRAME.cancel] = (id) => this.#served.receiveCancel(id);
    table[FRAME.ping] = (id) => this.#outbox.control(encodeFrame(FRAME.pong, id));
    table[FRAME.pong] = (id) => this.#pings.receivePong(id);
    table[FRAME.goaway] = (_id, payload) => this.#receiveGoaway(payload);
    return table;
  }

  #receiveHello(payload: Buffer): void {
    if (this.#greeted) throw errnoError('EPROTO', `${this.#peerName} sent HELLO twice`);
    const { protocol, features } = decodeHello(payload);
    if (protocol !== this.#protocol) {
      const words = `${this.#peerName} speaks protocol ${protocol}, this side speaks ${this.#protocol}`;
      throw errnoError('EPROTO', words);
    }
    this.#greeted = true;
    this.#settlePeer?.resolve({ version: protocol, features });
  }

  #receiveGoaway(payload: Buffer): void {
    const { code, text } = decodeCodeAndText(payload);
    const words = `${this.#peerName} closed the tunnel: ${text}`;
    const failed = code === 0 ? undefined : errnoError(errnoName(code), words);
    this.#finish(failed, failed ?? errnoError('ECONNRESET', words));
    this.#link.close();
  }

  #sendMessage(head: Buffer, tail: Buffer, sent: () => void): void {
    if (head.length + tail.length > largeMessageBytes) {
      this.#outbox.activate(new LargeMessage(head, tail, sent));
      return;
    }
    this.#outbox.control(head);
    if (tail.length > 0) this.#outbox.control(tail);
    sent();
  }

  #checkOpen(): void {
    if (this.#ended !== undefined)
      throw errnoError('EPIPE', 'the tunnel is closed', this.#ended.why);
  }

  #abort(error: Error): void {
    this.#finish(error, error);
    this.#link.abort(error);
  }

  /** Ends all that is under way with `error`; `why` is what `closed` will say. */
  #finish(why: Error | undefined, error: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = { why };
    this.#settlePeer?.reject(error);
    this.#outbox.stop();
    this.#made.end(error);
    this.#served.end(error);
    this.#pings.end(error);
    this.#streams.end(error);
  }
}
