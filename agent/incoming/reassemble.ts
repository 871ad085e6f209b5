import type { Endpoint } from '../../src/protocol/messages.ts';
import {
  type ClientSegment,
  type FlowBreak,
  type FlowSink,
  MirroredFlow,
} from './mirrored-flow.ts';
import { advance } from './sequence.ts';

/** One TCP segment on its way from a client to a mirrored port. */
export interface SeenSegment extends ClientSegment {
  /** The same for all segments of one 4-tuple. */
  readonly key: string;
  readonly syn: boolean;
  readonly reset: boolean;
  /** Where it comes from and goes to; called once a flow. */
  readonly endpoints: () => { readonly from: Endpoint; readonly to: Endpoint };
}

export interface NewFlow {
  readonly from: Endpoint;
  readonly to: Endpoint;
  /** Whether its start was missed. */
  readonly joined: boolean;
}

export interface ReassembleOptions {
  readonly open: (flow: NewFlow) => FlowSink;
  readonly now: () => number;
  readonly limits?: Partial<ReassembleLimits>;
}

export interface ReassembleLimits {
  /** Connections followed at once; those whose handshake is under way count apart. */
  readonly flows: number;
  readonly openings: number;
  /** Bytes held behind holes, of one flow and of all. */
  readonly heldBytesOfFlow: number;
  readonly heldBytes: number;
  /** How long a hole may wait for a retransmission. */
  readonly holeMs: number;
  /** Silence after which a flow gives way to a new one when all places are taken. */
  readonly idleMs: number;
  /** Silence after which a flow is let go all the same: its server may have ended it with a reset, which is not seen here. */
  readonly silentMs: number;
}

const DEFAULTS: ReassembleLimits = {
  flows: 4096,
  openings: 4096,
  heldBytesOfFlow: 1024 * 1024,
  heldBytes: 16 * 1024 * 1024,
  holeMs: 5000,
  idleMs: 60_000,
  silentMs: 15 * 60_000,
};

/**
 * Puts the streams of mirrored connections together from the segments that clients sent. It sees them before the target's kernel
 * does, in whatever order and however often they came, and may miss some: what it gives on is what the target read, or ends.
 * Checksums are not looked at: local traffic carries none.
 */
export class Reassembler {
  readonly #open: ReassembleOptions['open'];
  readonly #now: () => number;
  readonly #limits: ReassembleLimits;
  /** SYN seen, handshake not finished: the sequence number of the first byte. The oldest give way. */
  readonly #openings = new Map<string, number>();
  readonly #flows = new Map<string, MirroredFlow>();
  /** Ended lately: their retransmissions begin no new flow. The oldest give way. */
  readonly #ended = new Set<string>();
  #heldBytes = 0;
  #gaps = 0;
  #refused = 0;

  constructor({ open, now, limits }: ReassembleOptions) {
    this.#open = open;
    this.#now = now;
    this.#limits = { ...DEFAULTS, ...limits };
  }

  /** Connections followed now. */
  get open(): number {
    return this.#flows.size;
  }

  /** Flows broken by bytes that were never seen. */
  get gaps(): number {
    return this.#gaps;
  }

  /** Connections not followed for want of room. */
  get refused(): number {
    return this.#refused;
  }

  accept(segment: SeenSegment): void {
    if (segment.syn) this.#acceptSyn(segment);
    else if (segment.reset) this.#acceptReset(segment.key);
    else this.#acceptData(segment);
  }

  /** Breaks the flows whose holes have stayed too long, lets go of the silent. To be called about once a second. */
  sweep(): void {
    const now = this.#now();
    const { holeMs, silentMs } = this.#limits;
    for (const [key, flow] of this.#flows) {
      if (flow.holeSince !== undefined && flow.holeSince <= now - holeMs) this.#breakByGap(flow);
      if (flow.isEnded) this.#end(key, flow);
      else if (flow.lastSeen <= now - silentMs) this.#letGo(key, flow, 'evicted');
    }
  }

  /** Ends the flows that the predicate does not keep. */
  keep(keeps: (key: string) => boolean): void {
    for (const [key, flow] of this.#flows) if (!keeps(key)) this.#letGo(key, flow, 'stopped');
    for (const key of this.#openings.keys()) if (!keeps(key)) this.#openings.delete(key);
  }

  /** Bytes on a SYN (TCP Fast Open) are not looked at: where the target took them, they become a hole. */
  #acceptSyn({ key, sequence }: SeenSegment): void {
    const next = advance(sequence, 1);
    const flow = this.#flows.get(key);
    if (flow?.startedAt === next) return; // retransmitted
    if (flow) this.#drop(key, flow, 'reset');
    this.#ended.delete(key);
    this.#openings.delete(key);
    this.#openings.set(key, next);
    keepYoungest(this.#openings, this.#limits.openings);
  }

  #acceptReset(key: string): void {
    this.#openings.delete(key);
    const flow = this.#flows.get(key);
    if (flow) this.#drop(key, flow, 'reset');
  }

  #acceptData(segment: SeenSegment): void {
    const known = this.#flows.get(segment.key);
    const flow = known?.beginsAnew(segment)
      ? this.#start(segment, undefined)
      : (known ?? this.#begin(segment));
    if (flow) this.#feed(flow, segment);
  }

  /** The first segment after the handshake, or of a connection whose start was not seen. */
  #begin(segment: SeenSegment): MirroredFlow | undefined {
    const { key } = segment;
    const next = this.#openings.get(key);
    if (next === undefined && (segment.payload.length === 0 || this.#ended.has(key))) {
      return undefined;
    }
    if (!this.#makeRoom()) {
      this.#refused++;
      return undefined;
    }
    this.#openings.delete(key);
    return this.#start(segment, next);
  }

  #start(segment: SeenSegment, startedAt: number | undefined): MirroredFlow {
    const flow = new MirroredFlow({
      startedAt,
      first: segment,
      now: this.#now(),
      sink: this.#open({ ...segment.endpoints(), joined: startedAt === undefined }),
    });
    this.#flows.set(segment.key, flow);
    return flow;
  }

  #feed(flow: MirroredFlow, segment: SeenSegment): void {
    this.#change(flow, () => flow.accept(segment, this.#now()));
    const { heldBytes, heldBytesOfFlow } = this.#limits;
    if (flow.isLost || flow.held.bytes > heldBytesOfFlow || this.#heldBytes > heldBytes) {
      this.#breakByGap(flow);
    }
    if (flow.isEnded) this.#end(segment.key, flow);
  }

  #breakByGap(flow: MirroredFlow): void {
    this.#gaps++;
    this.#change(flow, () => flow.break('gap'));
  }

  #makeRoom(): boolean {
    if (this.#flows.size < this.#limits.flows) return true;
    const before = this.#now() - this.#limits.idleMs;
    for (const [key, flow] of this.#flows) {
      if (flow.lastSeen > before) continue;
      this.#letGo(key, flow, 'evicted');
      return true;
    }
    return false;
  }

  #drop(key: string, flow: MirroredFlow, why: FlowBreak): void {
    this.#change(flow, () => flow.break(why));
    this.#end(key, flow);
  }

  /** The connection itself lives on: its next bytes take it up again. */
  #letGo(key: string, flow: MirroredFlow, why: FlowBreak): void {
    this.#drop(key, flow, why);
    this.#ended.delete(key);
  }

  #end(key: string, flow: MirroredFlow): void {
    this.#heldBytes -= flow.held.bytes;
    this.#flows.delete(key);
    this.#ended.add(key);
    keepYoungest(this.#ended, this.#limits.flows);
  }

  #change(flow: MirroredFlow, act: () => void): void {
    const before = flow.held.bytes;
    act();
    this.#heldBytes += flow.held.bytes - before;
  }
}

/** Sets and maps list their keys in the order in which they were added. */
function keepYoungest(
  keys: { size: number; keys(): Iterable<string>; delete(key: string): boolean },
  limit: number,
): void {
  if (keys.size <= limit) return;
  for (const oldest of keys.keys()) {
    keys.delete(oldest);
    return;
  }
}
