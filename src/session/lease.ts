import type { Clock, Timer } from '../runtime/clock.ts';

export interface LeaseOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** `claimed`: whether a command had asked the session for anything before. */
  readonly onOver: (why: string, claimed: boolean) => void;
}

export interface Settling {
  /** The connection of the command that says so. */
  readonly gone?: AbortSignal;
  readonly endsWithContainers?: boolean;
}

/** A command asks at once when the session is ready. */
const claimMs = 5_000;

/**
 * What keeps a session alive: at first the commands that bring it up, each as long as its connection; once one of them
 * has said that the containers are up, nothing; while one is attached, that one.
 *
 * It is over: when no command has asked for anything in time; when the last command is gone before the containers were
 * up; when an attached command is gone. It is told for each of these.
 */
export class Lease {
  readonly #onOver: LeaseOptions['onOver'];
  readonly #unclaimed: Timer;
  #holders = 0;
  readonly #attached = new Set<AbortSignal>();
  #isSettled = false;
  #endsWithContainers = false;

  constructor({ clock, onOver }: LeaseOptions) {
    this.#onOver = onOver;
    this.#unclaimed = clock.after(claimMs, () => onOver('no command has come', false));
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  get isAttached(): boolean {
    return this.#attached.size > 0;
  }

  /** A command brings something up. */
  hold(gone: AbortSignal): void {
    this.#unclaimed.cancel();
    this.#holders += 1;
    whenAborted(gone, () => {
      this.#holders -= 1;
      if (!this.#isSettled && this.#holders === 0) this.#onOver('the command is gone', true);
    });
  }

  /** Whether it was settled to end when its containers have. */
  get endsWithContainers(): boolean {
    return this.#endsWithContainers;
  }

  /** The containers are up, and stay without a command; without the one that says so too, where it was attached. */
  settle({ gone, endsWithContainers = false }: Settling = {}): void {
    this.#isSettled = true;
    this.#endsWithContainers = endsWithContainers;
    if (gone) this.#attached.delete(gone);
  }

  attach(gone: AbortSignal): void {
    this.#attached.add(gone);
    whenAborted(gone, () => {
      if (!this.#attached.delete(gone)) return;
      this.#isSettled = false;
      this.#onOver('the attached command is gone', true);
    });
  }

  close(): void {
    this.#unclaimed.cancel();
  }
}

/** At once, where the connection was lost before its request was read. */
function whenAborted(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
}
