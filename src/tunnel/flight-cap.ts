import type { Clock } from '../runtime/clock.ts';

const startBytes = 256 * 1024;
const floorBytes = 64 * 1024;
/** A rate is measured over at least this long: single acknowledgements of a busy machine come in clumps. */
const windowMs = 20;
const ratesKept = 50;
/** While a queue stays: the path may have become slower, or its processes may only stand still. */
const ratesKeptQueued = 10;
const baseBucketMs = 10_000;
/** Sends closer together than this share one mark, up to so many bytes: the delay of a byte is not that of a whole batch. */
const markMs = 1;
const markBytes = 16 * 1024;

/**
 * How many bytes of the link may be in flight. Priorities inside the process do nothing for a call while megabytes of bulk
 * sit in the buffers of proxies, so the cap keeps these short: best delivered rate x (shortest delay + the delay that
 * bulk may add). The best of several windows, and not the delay of a single acknowledgement, decides: on a path of 1 ms the
 * schedulers of the processes between make more delay than any queue, and a cap that shrinks at each of them costs half of
 * the throughput. A queue that stays in spite of it drops the older rates; one that never empties hides the path's true
 * delay, so about every 10 s the cap falls for two windows to see it.
 */
export class FlightCap {
  bytes = startBytes;
  readonly #clock: Clock;
  readonly #slackMs: number;
  readonly #mostBytes: number;

  /** Ends of what was sent, and when; from #head on. */
  #markOffsets: number[] = [];
  #markTimes: number[] = [];
  #head = 0;
  /** Where the last mark begins; nothing is added to a mark that was acknowledged. */
  #markStart = Number.NEGATIVE_INFINITY;

  #smoothRttMs = 0;
  #base = { older: Number.POSITIVE_INFINITY, current: Number.POSITIVE_INFINITY, sinceMs: 0 };
  #rates: number[] = [];
  #starting = true;
  #drainWindows = 0;

  #window = { sinceMs: 0, bytes: 0, minRttMs: Number.POSITIVE_INFINITY, limited: false };
  #acked = 0;
  #end = 0;

  constructor({
    clock,
    targetQueueMs,
    mostBytes,
  }: { clock: Clock; targetQueueMs: number; mostBytes: number }) {
    this.#clock = clock;
    this.#slackMs = targetQueueMs;
    this.#mostBytes = mostBytes;
  }

  get rttMs(): number {
    return this.#smoothRttMs;
  }

  /** When the oldest byte in flight was sent, or undefined where none is. */
  get oldestMs(): number | undefined {
    return this.#markTimes[this.#head];
  }

  sent(endOffset: number): void {
    const now = this.#clock.monotonicMs();
    if (this.#end === this.#acked) this.#openWindow(now);
    if (endOffset - this.#acked >= this.bytes * 0.9) this.#window.limited = true;
    const last = this.#markTimes.length - 1;
    if (endOffset - this.#markStart <= markBytes && now - (this.#markTimes[last] ?? 0) < markMs) {
      this.#markOffsets[last] = endOffset;
    } else this.#mark(endOffset, now);
    this.#end = endOffset;
  }

  #mark(endOffset: number, now: number): void {
    for (let offset = this.#end; offset < endOffset; ) {
      this.#markStart = offset;
      offset = Math.min(offset + markBytes, endOffset);
      this.#markOffsets.push(offset);
      this.#markTimes.push(now);
    }
  }

  acked(offset: number): void {
    const now = this.#clock.monotonicMs();
    const sentMs = this.#takeMark(offset);
    this.#window.bytes += offset - this.#acked;
    this.#acked = offset;
    if (sentMs === undefined) return;
    this.#measure(now - sentMs, now);
    if (now - this.#window.sinceMs >= Math.max(windowMs, this.#smoothRttMs)) this.#closeWindow(now);
  }

  /** A new pipe is a new path: what was measured on the old one is void, what is unacknowledged is sent now. */
  restart(ackedOffset: number, endOffset: number): void {
    this.#markOffsets = [];
    this.#markTimes = [];
    this.#head = 0;
    this.#markStart = Number.NEGATIVE_INFINITY;
    this.#base = { older: Number.POSITIVE_INFINITY, current: Number.POSITIVE_INFINITY, sinceMs: 0 };
    this.#rates = [];
    this.#starting = true;
    this.#drainWindows = 0;
    this.bytes = startBytes;
    this.#acked = ackedOffset;
    this.#end = ackedOffset;
    if (endOffset > ackedOffset) this.sent(endOffset);
  }

  /** Removes the marks up to `offset`; when the newest of them was sent. */
  #takeMark(offset: number): number | undefined {
    let sentMs: number | undefined;
    while (
      this.#head < this.#markOffsets.length &&
      (this.#markOffsets[this.#head] ?? 0) <= offset
    ) {
      sentMs = this.#markTimes[this.#head];
      this.#head += 1;
    }
    if (this.#head === this.#markOffsets.length) {
      this.#markOffsets.length = 0;
      this.#markTimes.length = 0;
      this.#head = 0;
      this.#markStart = Number.NEGATIVE_INFINITY;
    } else if (this.#head > 512) {
      this.#markOffsets = this.#markOffsets.slice(this.#head);
      this.#markTimes = this.#markTimes.slice(this.#head);
      this.#head = 0;
    }
    return sentMs;
  }

  #measure(rttMs: number, now: number): void {
    this.#smoothRttMs = this.#smoothRttMs === 0 ? rttMs : this.#smoothRttMs * 0.875 + rttMs * 0.125;
    this.#window.minRttMs = Math.min(this.#window.minRttMs, rttMs);
    if (now - this.#base.sinceMs > baseBucketMs) this.#turnBase(now);
    this.#base.current = Math.min(this.#base.current, rttMs);
  }

  /** The shortest delay of the last 10 to 20 s. */
  get #baseMs(): number {
    return Math.min(this.#base.older, this.#base.current);
  }

  #turnBase(now: number): void {
    const { older, current } = this.#base;
    const hidden = older < Number.POSITIVE_INFINITY && current > older + this.#slackMs / 4;
    if (hidden && !this.#starting) this.#drainWindows = 2;
    this.#base = { older: current, current: Number.POSITIVE_INFINITY, sinceMs: now };
    // Until the drain has shown the true delay, the older one stands.
    if (this.#drainWindows > 0) this.#base.older = older;
  }

  #openWindow(now: number): void {
    this.#window = { sinceMs: now, bytes: 0, minRttMs: Number.POSITIVE_INFINITY, limited: false };
  }

  #closeWindow(now: number): void {
    const { bytes, sinceMs, minRttMs, limited } = this.#window;
    const rate = bytes / Math.max(now - sinceMs, 0.1);
    this.#openWindow(now);
    const queueMs = minRttMs - this.#baseMs;
    const slackMs = Math.max(this.#slackMs, this.#baseMs / 4);
    this.#keepRate(rate, limited, queueMs > 2 * slackMs);
    // What the cap did not limit says nothing about it.
    if (!limited && this.#drainWindows === 0) return;
    if (this.#starting && queueMs <= slackMs) {
      this.bytes = Math.min(this.bytes * 2, this.#mostBytes);
      return;
    }
    this.#starting = false;
    const best = Math.max(...this.#rates, 0);
    this.bytes = this.#clamp(best * this.#allowedMs(slackMs));
  }

  #allowedMs(slackMs: number): number {
    if (this.#drainWindows === 0) return this.#baseMs + slackMs;
    this.#drainWindows -= 1;
    return this.#baseMs * 0.7;
  }

  /** A rate that the cap did not limit says what was wanted, not what the path can do; it counts only where it is the best. */
  #keepRate(rate: number, limited: boolean, queued: boolean): void {
    if (!limited && rate < Math.max(...this.#rates, 0)) return;
    this.#rates.push(rate);
    const keep = queued ? ratesKeptQueued : ratesKept;
    if (this.#rates.length > keep) this.#rates = this.#rates.slice(-keep);
  }

  #clamp(bytes: number): number {
    return Math.min(this.#mostBytes, Math.max(floorBytes, bytes));
  }
}
