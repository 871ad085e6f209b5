import { errnoError } from '../protocol/errno.ts';
import type { Timer } from '../runtime/clock.ts';
import type { LinkOptions } from './link-options.ts';

export interface Watched {
  ping(): void;
  /** When the oldest byte without an ACK was sent, or undefined. */
  oldestInFlightMs(): number | undefined;
  /** The pipe is dead, though nobody said so. */
  lost(why: Error): void;
  /** There was no pipe for too long. */
  gaveUp(why: Error): void;
}

const tickMs = 1_000;
/** A wall clock that is so much ahead of the ticks has jumped: the machine slept, and its connections may be dead. */
const jumpMs = 5_000;

/**
 * Notices pipes that die without a word, and counts the time without any. Any byte received is a sign of life; a machine
 * that sleeps stops the monotonic clock, so only the wall clock tells of it.
 */
export class Watch {
  readonly #options: LinkOptions;
  readonly #watched: Watched;
  #timer: Timer | undefined;
  #attached = false;
  /** Of the last byte, or of the loss of the pipe. */
  #sinceMs: number;
  #wallMs: number;

  constructor(options: LinkOptions, watched: Watched) {
    this.#options = options;
    this.#watched = watched;
    this.#sinceMs = options.clock.monotonicMs();
    this.#wallMs = options.clock.wallMs();
    this.#schedule();
  }

  attached(): void {
    this.#attached = true;
    this.heard();
  }

  detached(): void {
    this.#attached = false;
    this.heard();
  }

  heard(): void {
    this.#sinceMs = this.#options.clock.monotonicMs();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(): void {
    const { clock, pingAfterMs, giveUpMs, stallMs } = this.#options;
    const delayMs = Math.min(tickMs, pingAfterMs / 2, giveUpMs / 4, stallMs / 4);
    this.#timer = clock.after(delayMs, () => {
      this.#schedule();
      this.#tick();
    });
  }

  #tick(): void {
    const { clock, giveUpMs } = this.#options;
    const now = clock.monotonicMs();
    const wall = clock.wallMs();
    const jumped = wall - this.#wallMs > tickMs + jumpMs;
    this.#wallMs = wall;
    const silentMs = now - this.#sinceMs;
    if (this.#attached) this.#judge(silentMs, now, jumped);
    else if (silentMs > giveUpMs) {
      this.#watched.gaveUp(errnoError('ETIMEDOUT', `no pipe for ${Math.round(silentMs / 1000)} s`));
    }
  }

  #judge(silentMs: number, now: number, jumped: boolean): void {
    const { deadAfterMs, pingAfterMs, stallMs, wakeMs } = this.#options;
    if (jumped) {
      this.#sinceMs = now - deadAfterMs + wakeMs;
      this.#watched.ping();
      return;
    }
    const unansweredMs = now - (this.#watched.oldestInFlightMs() ?? now);
    if (silentMs > deadAfterMs || Math.min(silentMs, unansweredMs) > stallMs) {
      const words = `nothing was heard over the pipe for ${(silentMs / 1000).toFixed(1)} s`;
      this.#watched.lost(errnoError('ETIMEDOUT', words));
    } else if (silentMs > pingAfterMs) this.#watched.ping();
  }
}
