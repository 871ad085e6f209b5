import type { MuxStream } from '../tunnel/stream.ts';

/** Flows that are kept at once. */
export const FLOWS_MAX = 1024;
/** A flow that nobody answered, or that has been answered, is forgotten after such a silence: twice what conntrack allows at the least. */
const SILENT_MS = 60_000;
const ANSWERED_SILENT_MS = 120_000;

export interface DatagramFlow<About> {
  readonly key: string;
  readonly stream: MuxStream;
  readonly about: About;
  lastMs: number;
  isAnswered: boolean;
}

/**
 * Who speaks by datagrams, each with a stream of its own. A flow ends with its stream, by silence, or where too many others spoke later; the
 * next datagram begins another.
 */
export class DatagramFlows<About> {
  readonly #now: () => number;
  readonly #flows = new Map<string, DatagramFlow<About>>();

  /** The clock is in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#flows.size;
  }

  find(key: string): DatagramFlow<About> | undefined {
    return this.#flows.get(key);
  }

  has(flow: DatagramFlow<About>): boolean {
    return this.#flows.get(flow.key) === flow;
  }

  /** For one more the flow that was silent longest is forgotten; whether one had to be. */
  makeRoom(): boolean {
    if (this.#flows.size < FLOWS_MAX) return false;
    let oldest: DatagramFlow<About> | undefined;
    for (const flow of this.#flows.values()) {
      if (oldest === undefined || flow.lastMs < oldest.lastMs) oldest = flow;
    }
    if (oldest) this.#forget(oldest);
    return true;
  }

  add(key: string, stream: MuxStream, about: About): DatagramFlow<About> {
    const flow = { key, stream, about, lastMs: this.#now(), isAnswered: false };
    this.#flows.set(key, flow);
    stream.resume();
    stream.once('close', () => {
      if (this.has(flow)) this.#flows.delete(key);
    });
    return flow;
  }

  /** Who began it has spoken. */
  spoke(flow: DatagramFlow<About>): void {
    flow.lastMs = this.#now();
  }

  answered(flow: DatagramFlow<About>): void {
    this.spoke(flow);
    flow.isAnswered = true;
  }

  /** Forgets what was silent for too long; call it every second. */
  sweep(): void {
    const nowMs = this.#now();
    this.forget(({ lastMs, isAnswered }) => {
      return nowMs - lastMs > (isAnswered ? ANSWERED_SILENT_MS : SILENT_MS);
    });
  }

  forget(isOver: (flow: DatagramFlow<About>) => boolean): void {
    for (const flow of this.#flows.values()) if (isOver(flow)) this.#forget(flow);
  }

  #forget(flow: DatagramFlow<About>): void {
    this.#flows.delete(flow.key);
    flow.stream.reset('ECANCELED');
  }
}
