import { encodeFrame, FRAME } from '../protocol/frames.ts';
import type { Clock } from '../runtime/clock.ts';

interface Ping {
  readonly sentMs: number;
  answer(ms: number): void;
  fail(error: Error): void;
}

/** The pings of this side that wait for their pong. */
export class Pings {
  readonly #clock: Clock;
  readonly #send: (frame: Buffer) => void;
  readonly #waiting = new Map<number, Ping>();
  #lastId = 0;

  constructor(clock: Clock, send: (frame: Buffer) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  ping(): Promise<number> {
    return new Promise((answer, fail) => {
      this.#lastId = (this.#lastId + 1) >>> 0;
      this.#waiting.set(this.#lastId, { sentMs: this.#clock.monotonicMs(), answer, fail });
      this.#send(encodeFrame(FRAME.ping, this.#lastId));
    });
  }

  receivePong(id: number): void {
    const ping = this.#waiting.get(id);
    this.#waiting.delete(id);
    ping?.answer(this.#clock.monotonicMs() - ping.sentMs);
  }

  end(error: Error): void {
    for (const ping of this.#waiting.values()) ping.fail(error);
    this.#waiting.clear();
  }
}
