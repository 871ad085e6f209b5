import { describe, expect, test } from 'vitest';
import type { Clock } from '../runtime/clock.ts';
import { FlightCap } from './flight-cap.ts';

const megabyte = 1024 * 1024;

interface Path {
  readonly bytesPerMs: number;
  /** One way. */
  readonly delayMs: number;
  /** Whether a process between is not running at this time, so that nothing moves until it does. */
  readonly stalled?: (ms: number) => boolean;
}

interface Result {
  /** Share of the path's rate that was used. */
  readonly share: number;
  /** Time that a byte waited in the buffers of the path, on average. */
  readonly queueMs: number;
  readonly cap: FlightCap;
}

/** Bulk over a simulated path, in steps of a quarter millisecond; measured over the second half. */
function run(
  pathAt: (ms: number) => Path,
  forMs: number,
  wanted = Number.POSITIVE_INFINITY,
): Result {
  const bulk = new Bulk(wanted);
  let before = bulk.totals;
  for (; bulk.nowMs < forMs; bulk.nowMs += 0.25) {
    const path = pathAt(bulk.nowMs);
    if (bulk.nowMs === forMs / 2) before = bulk.totals;
    if (path.stalled?.(bulk.nowMs) !== true) bulk.step(path);
  }
  const { delivered, sends, waitedMs } = bulk.totals;
  const share = (delivered - before.delivered) / (forMs / 2) / pathAt(forMs).bytesPerMs;
  const queueMs = (waitedMs - before.waitedMs) / (sends - before.sends);
  return { share, queueMs, cap: bulk.cap };
}

const sendBytes = 16_384;

/** A sender that sends what its cap allows, a path, and a receiver that acknowledges as the link does. */
class Bulk {
  nowMs = 0;
  totals = { delivered: 0, sends: 0, waitedMs: 0 };
  readonly cap: FlightCap;
  readonly #wanted: number;
  readonly #arriving: { ms: number; offset: number }[] = [];
  readonly #acks: { ms: number; offset: number }[] = [];
  #sent = 0;
  #acked = 0;
  #freeMs = 0;
  #lastAck = 0;
  #ackDueMs = Number.POSITIVE_INFINITY;

  constructor(wanted: number) {
    this.#wanted = wanted;
    const clock: Clock = {
      monotonicMs: () => this.nowMs,
      wallMs: () => this.nowMs,
      after: () => ({ cancel: () => {} }),
    };
    this.cap = new FlightCap({ clock, targetQueueMs: 15, mostBytes: 8 * megabyte });
  }

  step(path: Path): void {
    while (this.#sent - this.#acked < this.cap.bytes && this.#sent < this.#wanted * this.nowMs) {
      this.#send(path);
    }
    for (const { offset } of this.#due(this.#arriving)) {
      this.totals = { ...this.totals, delivered: offset };
      this.#ackDueMs = Math.min(this.#ackDueMs, this.nowMs + 5);
    }
    const unacknowledged = this.totals.delivered - this.#lastAck;
    if (unacknowledged >= 65_536 || (unacknowledged > 0 && this.nowMs >= this.#ackDueMs)) {
      this.#lastAck = this.totals.delivered;
      this.#ackDueMs = Number.POSITIVE_INFINITY;
      this.#acks.push({ ms: this.nowMs + path.delayMs, offset: this.#lastAck });
    }
    for (const { offset } of this.#due(this.#acks)) {
      this.#acked = offset;
      this.cap.acked(offset);
    }
  }

  #send(path: Path): void {
    this.#freeMs = Math.max(this.#freeMs, this.nowMs) + sendBytes / path.bytesPerMs;
    this.#sent += sendBytes;
    this.cap.sent(this.#sent);
    this.#arriving.push({ ms: this.#freeMs + path.delayMs, offset: this.#sent });
    const { delivered, sends, waitedMs } = this.totals;
    this.totals = {
      delivered,
      sends: sends + 1,
      waitedMs: waitedMs + this.#freeMs - this.nowMs,
    };
  }

  #due<T extends { ms: number }>(queue: T[]): T[] {
    const later = queue.findIndex(({ ms }) => ms > this.nowMs);
    return queue.splice(0, later === -1 ? queue.length : later);
  }
}

test('bulk fills a path, and adds to its delay little more than the target', () => {
  const paths: readonly (readonly [number, number])[] = [
    [1_250, 10],
    [2_500, 50],
    [12_500, 10],
    [12_500, 100],
    [50_000, 1],
    [100_000, 0.25],
  ];
  for (const [bytesPerMs, delayMs] of paths) {
    const { share, queueMs } = run(() => ({ bytesPerMs, delayMs }), 10_000);
    expect.soft(share).toBeGreaterThan(0.95);
    expect.soft(queueMs).toBeLessThan(Math.max(50, delayMs));
  }
});

test('processes between that stand still for 10 to 30 ms cost a short path little', () => {
  for (const stallMs of [10, 20, 30]) {
    const stalled = (ms: number) => (ms * 1.37) % 97 < stallMs;
    const { share } = run(() => ({ bytesPerMs: 100_000, delayMs: 0.4, stalled }), 5_000);
    expect.soft(share).toBeGreaterThan(0.9);
  }
});

test('a path whose processes stand still most of the time still gives nearly all that it can', () => {
  for (const [runMs, periodMs] of [
    [5, 45],
    [10, 60],
  ] as const) {
    const stalled = (ms: number) => (ms * 1.37) % periodMs > runMs && (ms * 0.77) % 1000 > 12;
    const { share } = run(() => ({ bytesPerMs: 100_000, delayMs: 0.4, stalled }), 5_000);
    expect.soft(share).toBeGreaterThan(0.85);
  }
});

test('a path that becomes ten times slower is followed', () => {
  const { share, queueMs } = run(
    (ms) => ({ bytesPerMs: ms < 3_000 ? 50_000 : 5_000, delayMs: 5 }),
    12_000,
  );
  expect(share).toBeGreaterThan(0.9);
  expect(queueMs).toBeLessThan(60);
});

test('a path that becomes ten times faster is followed', () => {
  const { share } = run((ms) => ({ bytesPerMs: ms < 3_000 ? 2_500 : 25_000, delayMs: 10 }), 12_000);
  expect(share).toBeGreaterThan(0.9);
});

test('minutes of bulk do not let the queue grow', () => {
  const { queueMs, share } = run(() => ({ bytesPerMs: 2_500, delayMs: 15 }), 180_000);
  expect(queueMs).toBeLessThan(40);
  expect(share).toBeGreaterThan(0.9);
});

test('traffic that the cap does not limit leaves it alone', () => {
  const { cap } = run(() => ({ bytesPerMs: 12_500, delayMs: 60 }), 10_000, 100);
  expect(cap.bytes).toBe(256 * 1024);
});

describe('marks', () => {
  test('tell when the oldest byte in flight was sent', () => {
    let now = 5;
    const clock: Clock = {
      monotonicMs: () => now,
      wallMs: () => now,
      after: () => ({ cancel: () => {} }),
    };
    const cap = new FlightCap({ clock, targetQueueMs: 15, mostBytes: megabyte });
    expect(cap.oldestMs).toBeUndefined();
    cap.sent(100);
    now = 8;
    cap.sent(200);
    expect(cap.oldestMs).toBe(5);
    cap.acked(100);
    expect(cap.oldestMs).toBe(8);
    expect(cap.rttMs).toBe(3);
    cap.acked(200);
    expect(cap.oldestMs).toBeUndefined();
    cap.restart(150, 200);
    expect(cap.oldestMs).toBe(8);
  });
});
