import { LIMITS } from '../protocol/limits.ts';

/** The receive windows of all streams of a mux may grow by so much together beyond what each has from the start. */
export class WindowBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  take(bytes: number): number {
    const taken = Math.min(bytes, this.#left);
    this.#left -= taken;
    return taken;
  }

  giveBack(bytes: number): void {
    this.#left += bytes;
  }
}

/**
 * What the peer may still send on one stream. Credit returns when the reader has taken bytes, never when they arrive; the
 * window doubles while the reader keeps up with it, since then the path and not the reader is what limits.
 */
export class ReceiveWindow {
  readonly #budget: WindowBudget;
  readonly #mostBytes: number;
  #windowBytes: number = LIMITS.initialWindowBytes;
  /** Received and not yet returned as credit. */
  #heldBytes = 0;
  #returnedMs: number;

  constructor(budget: WindowBudget, mostBytes: number, nowMs: number) {
    this.#budget = budget;
    this.#mostBytes = mostBytes;
    this.#returnedMs = nowMs;
  }

  get windowBytes(): number {
    return this.#windowBytes;
  }

  /** False where the peer has sent more than it was allowed to. */
  receive(bytes: number): boolean {
    this.#heldBytes += bytes;
    return this.#heldBytes <= this.#windowBytes;
  }

  /** Whether so much was read that credit is due; `unreadBytes` wait in the stream. */
  isDue(unreadBytes: number): boolean {
    return this.#heldBytes - unreadBytes >= this.#windowBytes >>> 1;
  }

  /** The credit to return now: what was read, and the growth of the window. */
  returnCredit(unreadBytes: number, nowMs: number, rttMs: number): number {
    const read = this.#heldBytes - unreadBytes;
    this.#heldBytes = unreadBytes;
    const quick = nowMs - this.#returnedMs < 4 * rttMs + 10;
    this.#returnedMs = nowMs;
    if (!quick || unreadBytes > this.#windowBytes >>> 2) return read;
    const wanted = Math.min(this.#windowBytes, this.#mostBytes - this.#windowBytes);
    const growth = wanted > 0 ? this.#budget.take(wanted) : 0;
    this.#windowBytes += growth;
    return read + growth;
  }

  close(): void {
    this.#budget.giveBack(this.#windowBytes - LIMITS.initialWindowBytes);
    this.#windowBytes = LIMITS.initialWindowBytes;
  }
}
