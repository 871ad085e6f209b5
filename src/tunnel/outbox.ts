import { errnoError } from '../protocol/errno.ts';
import { LIMITS } from '../protocol/limits.ts';
import { Batch } from './batch.ts';
import type { DatagramQueue } from './datagrams.ts';
import type { Link } from './link.ts';

/** Something that sends in turns: a stream, or a call too large to go before all others. */
export interface Source {
  readonly priority: Priority;
  /** The outbox's mark that the source waits for its turn. */
  queued: boolean;
  /** Puts one turn's worth of frames into the batch; whether there is more to send now. */
  fill(batch: Batch): boolean;
}

export type Priority = 'bulk' | 'mirror';

/** Handed to the link at once; more waits for the next turn of the event loop. */
const flushBytes = 256 * 1024;

/**
 * What waits to be sent, in the order of urgency: control frames and small calls, datagrams, bulk in turns, mirrored
 * streams in turns. Only the last two are bound by the link's cap on bytes in flight. One flush a turn of the event loop
 * (setImmediate) carries all that was asked for in it.
 */
export class Outbox {
  readonly #link: Link;
  readonly #datagrams: DatagramQueue;
  readonly #overflow: (error: Error) => void;
  readonly #batch = new Batch();
  readonly #sources: Record<Priority, Source[]> = { bulk: [], mirror: [] };
  #control: Buffer[] = [];
  #controlBytes = 0;
  #after: (() => void)[] = [];
  #scheduled = false;
  #stopped = false;

  constructor(link: Link, datagrams: DatagramQueue, overflow: (error: Error) => void) {
    this.#link = link;
    this.#datagrams = datagrams;
    this.#overflow = overflow;
    link.onBudget = () => this.#wake();
  }

  /** Queues a frame that goes before everything else. */
  control(frame: Buffer): void {
    this.#control.push(frame);
    this.#controlBytes += frame.length;
    if (this.#controlBytes > LIMITS.controlQueueBytes) {
      this.#overflow(errnoError('ENOBUFS', 'the peer does not read what it asks for'));
      return;
    }
    this.schedule();
  }

  /** Gives a source its turns until fill() says that it has nothing more. */
  activate(source: Source): void {
    if (source.queued) return;
    source.queued = true;
    this.#sources[source.priority].push(source);
    this.schedule();
  }

  /** Runs when the flush under way has handed its bytes to the link. */
  afterFlush(act: () => void): void {
    this.#after.push(act);
  }

  schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    setImmediate(this.#flush);
  }

  /** Hands over what is urgent, now: the link is about to close. */
  flushControl(): void {
    if (!this.#stopped) this.#fillControl(Number.POSITIVE_INFINITY);
    this.#send();
  }

  stop(): void {
    this.#stopped = true;
    this.#control = [];
    this.#controlBytes = 0;
    this.#sources.bulk = [];
    this.#sources.mirror = [];
    this.#after = [];
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    if (this.#stopped) return;
    const room = this.#link.room();
    this.#fillControl(room);
    if (this.#link.state === 'up') this.#datagrams.fill(this.#batch, room);
    const allowance = Math.min(flushBytes, this.#link.budget() - this.#batch.bytes);
    if (allowance > 0) {
      const until = this.#batch.bytes + allowance;
      this.#fillFrom('bulk', until);
      this.#fillFrom('mirror', until);
    }
    this.#send();
    this.#wake();
  };

  #send(): void {
    const { frames, bytes } = this.#batch.take();
    if (bytes > 0) this.#link.send(frames, bytes);
    const after = this.#after;
    this.#after = [];
    for (const act of after) act();
  }

  #fillControl(room: number): void {
    if (this.#control.length === 0 || room <= 0) return;
    const control = this.#control;
    this.#control = [];
    this.#controlBytes = 0;
    for (const frame of control) this.#batch.put(frame);
  }

  #fillFrom(priority: Priority, until: number): void {
    const queue = this.#sources[priority];
    let turns = 0;
    for (; turns < queue.length && this.#batch.bytes < until; turns += 1) {
      const source = queue[turns];
      if (source === undefined) continue;
      source.queued = source.fill(this.#batch);
      if (source.queued) queue.push(source);
    }
    queue.splice(0, turns);
  }

  /** Schedules where something waits that the link would take. */
  #wake(): void {
    const { bulk, mirror } = this.#sources;
    const urgent =
      this.#control.length > 0 || (this.#datagrams.waiting && this.#link.state === 'up');
    const turns = bulk.length > 0 || mirror.length > 0;
    if ((urgent && this.#link.room() > 0) || (turns && this.#link.budget() > 0)) this.schedule();
  }
}
