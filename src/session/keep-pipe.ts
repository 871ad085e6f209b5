import type { Duplex } from 'node:stream';
import { encodePreamble, type SessionKey } from '../protocol/preamble.ts';
import { deadline } from '../runtime/deadline.ts';
import type { LocalLeg } from './local-leg.ts';
import { splice } from './splice.ts';

/** What a service's traffic runs over now, or why it does not. */
export type PipeState =
  | { readonly up: true; readonly legs: readonly [cluster: string, local: string] }
  | { readonly up: false; readonly why: string };

export interface KeepPipeOptions {
  readonly key: SessionKey;
  /** Undefined while there is no running sidecar. */
  readonly openLocal: () => Promise<LocalLeg> | undefined;
  readonly openCluster: (signal: AbortSignal) => Promise<{ pipe: Duplex; rung: string }>;
  readonly onState: (state: PipeState) => void;
}

const firstPauseMs = 50;
/** So long may a transfer that was cut wait for its next byte when the way is back. */
const longestPauseMs = 800;
/** A sidecar that took our pipe starts TLS at once if it needs one. */
const speakMs = 10_000;

/**
 * Keeps one pipe between the sidecar and the agent until the signal aborts: whenever either leg is lost, both are opened
 * anew, at first after 50 ms, then less often, at least every 0.8 s. `wake` tries at once.
 *
 * The local leg comes first, and the cluster leg only when the sidecar has spoken: a sidecar that is not there must not
 * cost the agent a connection.
 */
export class PipeKeeper {
  readonly #options: KeepPipeOptions;
  #pauseMs = firstPauseMs;
  #rest: (() => void) | undefined;

  constructor(options: KeepPipeOptions) {
    this.#options = options;
  }

  /** The sidecar started, or the agent is another one. */
  wake(): void {
    this.#pauseMs = firstPauseMs;
    this.#rest?.();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { onState } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#once(signal);
        onState({ up: false, why: 'the pipe was lost' });
      } catch (error) {
        onState({ up: false, why: error instanceof Error ? error.message : String(error) });
      }
      await this.#pause(signal);
    }
  }

  async #once(signal: AbortSignal): Promise<void> {
    const { key, openLocal, openCluster, onState } = this.#options;
    const local = await openLocal();
    if (!local) throw new Error('no sidecar is running');
    try {
      local.pipe.write(encodePreamble(key));
      await spoken(local.pipe, deadline(speakMs, signal));
      const cluster = await openCluster(signal);
      onState({ up: true, legs: [cluster.rung, local.rung] });
      this.#pauseMs = firstPauseMs;
      await splice(local.pipe, cluster.pipe, signal);
    } finally {
      local.pipe.destroy();
    }
  }

  #pause(signal: AbortSignal): Promise<void> {
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.#rest = undefined;
        resolve();
      };
      const timer = setTimeout(wake, pauseMs);
      signal.addEventListener('abort', wake, { once: true });
      this.#rest = wake;
      if (signal.aborted) wake();
    });
  }
}

/** Resolves when bytes wait to be read; they stay in the pipe. */
function spoken(pipe: Duplex, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => () => {
      pipe.off('readable', readable);
      pipe.off('close', closed);
      signal.removeEventListener('abort', late);
      act();
    };
    // 'readable' is also how an end is told.
    const readable = () => (pipe.readableLength > 0 ? done() : undefined);
    const done = settle(resolve);
    const closed = settle(() => reject(new Error('the sidecar does not listen')));
    const late = settle(() => reject(new Error('the sidecar does not ask for a pipe')));
    pipe.on('error', () => undefined);
    pipe.on('readable', readable);
    pipe.once('close', closed);
    signal.addEventListener('abort', late, { once: true });
    if (pipe.destroyed) closed();
    else if (signal.aborted) late();
  });
}
