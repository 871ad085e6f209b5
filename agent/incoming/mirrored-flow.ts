import { HeldSegments } from './held-segments.ts';
import { advance, distance } from './sequence.ts';

/** Why a mirrored connection ends before the client's own end of stream. */
export type FlowBreak =
  /** The client's RST, or a new connection from the same port. */
  | 'reset'
  /** Bytes were not seen, and will not be. */
  | 'gap'
  /** Forgotten for room. */
  | 'evicted'
  /** The port is not mirrored any more. */
  | 'stopped';

/** Where the client's bytes of one connection go. */
export interface FlowSink {
  /** False when nobody takes anything any more. */
  isOpen(): boolean;
  /** The bytes are valid during the call only. */
  data(bytes: Buffer): void;
  /** The client has ended its direction, every byte of it was given. */
  end(): void;
  break(why: FlowBreak): void;
}

/** One TCP segment from a client. */
export interface ClientSegment {
  readonly sequence: number;
  readonly acknowledgement: number;
  /** Valid during the call only. */
  readonly payload: Buffer;
  readonly fin: boolean;
}

/** Bytes further ahead than any window are not of this connection, or show that very much was missed. */
const AHEAD_MAX_BYTES = 1 << 30;

/**
 * The client's direction of one connection, put together from what the wire showed. Bytes reach the sink in order, each once, and
 * never across a hole: a hole that stays breaks the flow, and what follows is passed over.
 *
 * A flow ends by FIN with every byte before it, by RST, by a hole, or by the sink's refusal. After a hole or a refusal the connection
 * itself lives on: it is taken up again, as a new flow, where the client sends after it was answered: a request begins there.
 */
export class MirroredFlow {
  readonly held = new HeldSegments();
  /** Since when bytes are held behind a hole. */
  holeSince: number | undefined;
  lastSeen: number;
  /** Sequence number of the first byte; undefined where the start was not seen. */
  readonly startedAt: number | undefined;
  #sink: FlowSink | undefined;
  #next: number;
  #acknowledged: number;
  #finAt: number | undefined;
  #lost = false;

  constructor(start: {
    startedAt: number | undefined;
    first: ClientSegment;
    now: number;
    sink: FlowSink;
  }) {
    this.startedAt = start.startedAt;
    this.#next = start.startedAt ?? start.first.sequence;
    this.#acknowledged = start.first.acknowledgement;
    this.lastSeen = start.now;
    this.#sink = start.sink;
  }

  /** Whether a segment lay so far ahead that waiting for what is before it makes no sense. */
  get isLost(): boolean {
    return this.#lost && this.#sink !== undefined;
  }

  get #isTaken(): boolean {
    return this.#sink?.isOpen() === true;
  }

  /** Whether every byte up to the client's FIN was seen. */
  get isEnded(): boolean {
    return this.#finAt !== undefined && distance(this.#next, this.#finAt) >= 0;
  }

  /** Whether this flow is broken and the segment begins something new: fresh bytes, after the server answered the last ones. */
  beginsAnew(segment: ClientSegment): boolean {
    return (
      !this.#isTaken &&
      segment.payload.length > 0 &&
      distance(segment.sequence, this.#next) >= 0 &&
      distance(segment.acknowledgement, this.#acknowledged) > 0
    );
  }

  accept(segment: ClientSegment, now: number): void {
    this.lastSeen = now;
    if (segment.fin) this.#finAt = advance(segment.sequence, segment.payload.length);
    if (segment.payload.length > 0) this.#acceptBytes(segment, now);
    if (this.isEnded) {
      this.#sink?.end();
      this.#sink = undefined;
    }
  }

  /** Ends the flow towards its sink. The connection may be taken up again. */
  break(why: FlowBreak): void {
    this.#sink?.break(why);
    this.#abandon();
  }

  #acceptBytes({ sequence, acknowledgement, payload }: ClientSegment, now: number): void {
    const ahead = distance(sequence, this.#next);
    if (-ahead >= payload.length) return; // seen before
    if (this.#sink === undefined) {
      this.#next = advance(sequence, payload.length);
    } else if (ahead > AHEAD_MAX_BYTES) {
      this.#lost = true;
    } else if (ahead > 0) {
      this.held.hold(sequence, payload);
      this.holeSince ??= now;
    } else {
      this.#deliver(payload.subarray(-ahead));
      this.#deliverHeld(now);
    }
    this.#acknowledged = acknowledgement;
  }

  #deliverHeld(now: number): void {
    if (this.held.isEmpty) return;
    for (let bytes = this.held.take(this.#next); bytes; bytes = this.held.take(this.#next)) {
      this.#deliver(bytes);
    }
    this.holeSince = this.held.isEmpty ? undefined : now;
  }

  #deliver(bytes: Buffer): void {
    this.#next = advance(this.#next, bytes.length);
    if (this.#isTaken) this.#sink?.data(bytes);
    else this.#abandon();
  }

  #abandon(): void {
    this.#sink = undefined;
    this.#next = this.held.clear() ?? this.#next;
    this.holeSince = undefined;
  }
}
