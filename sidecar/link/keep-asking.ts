import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from '../../src/runtime/journal.ts';
import type { AgentLink } from './agent-link.ts';

const RETRY_MS = 1_000;

export interface KeepAskingOptions {
  /** As the journal calls what does not succeed. */
  readonly name: string;
  /** Takes what is to be told anew each time. */
  readonly ask: () => Promise<void>;
  readonly link: Pick<AgentLink, 'state'>;
  readonly journal: Pick<Journal, 'problem'>;
  readonly signal: AbortSignal;
}

/** Asks the agent something until it has succeeded since it was last wanted; one call at a time, as long as the link is up. */
export class KeepAsking {
  readonly #options: KeepAskingOptions;
  #isCurrent = true;
  #isRunning = false;

  constructor(options: KeepAskingOptions) {
    this.#options = options;
  }

  /** What is to be told has changed, or the agent may have forgotten. */
  again(): void {
    this.#isCurrent = false;
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#run()
      .catch(() => undefined) // rejects with the signal only
      .finally(() => {
        this.#isRunning = false;
      });
  }

  async #run(): Promise<void> {
    const { name, ask, link, journal, signal } = this.#options;
    while (!this.#isCurrent && link.state === 'up' && !signal.aborted) {
      this.#isCurrent = true;
      try {
        await ask();
      } catch (error) {
        this.#isCurrent = false;
        journal.problem(name, error instanceof Error ? error.message : String(error));
        await delay(RETRY_MS, undefined, { signal });
      }
    }
  }
}
