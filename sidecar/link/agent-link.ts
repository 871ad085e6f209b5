import { setTimeout as delay } from 'node:timers/promises';
import type { Api, Method } from '../../src/protocol/messages.ts';
import type { Journal } from '../../src/runtime/journal.ts';
import type { CallOptions } from '../../src/tunnel/calls-made.ts';
import { connectLink } from '../../src/tunnel/connect-link.ts';
import type { Link, LinkState } from '../../src/tunnel/link.ts';
import { Mux, type Reply } from '../../src/tunnel/mux.ts';
import type { PipeDoor } from './pipe-door.ts';

/** Between two links: an agent that refuses us at once must not make us spin. */
const RENEW_PAUSE_MS = 200;

export interface AgentLinkOptions {
  readonly door: Pick<PipeDoor, 'next'>;
  /** A fresh mux, before its first byte: set its handlers. */
  readonly onMux: (mux: Mux) => void;
  /** The link is up: for the first time, after another pipe, or as a new link to a new agent. */
  readonly onUp: () => void;
  readonly journal: Pick<Journal, 'problem' | 'over'>;
}

/**
 * The way to the agent for as long as the sidecar lives. A link outlives its pipes; when it is gone for good (another
 * agent, or none for too long), everything that ran over it is reset and a new link takes its place.
 */
export class AgentLink {
  readonly #options: AgentLinkOptions;
  readonly #stop = new AbortController();
  #link: Link;
  #mux: Mux;
  #downSinceMs: number | undefined = performance.now();
  #why = 'no pipe yet';
  readonly #waiters = new Set<() => void>();

  constructor(options: AgentLinkOptions) {
    this.#options = options;
    [this.#link, this.#mux] = this.#open();
    this.#renew().catch(() => undefined); // rejects by close() only
  }

  get state(): LinkState {
    return this.#link.state;
  }

  get rttMs(): number {
    return this.#link.rttMs;
  }

  get resumed(): number {
    return this.#link.resumed;
  }

  /** The present mux. While the link resumes, what is sent on it waits. */
  get mux(): Mux {
    return this.#mux;
  }

  /** Calls the agent over the present mux; its errors. */
  call<M extends Method>(
    method: M,
    args: Api[M]['args'],
    options: CallOptions,
  ): Promise<Reply<Api[M]['answer']>> {
    return this.#mux.call(method, args, options);
  }

  /** Why there is no way to the agent, as far as that is known. */
  get why(): string {
    return this.#why;
  }

  /** How long there has been no way to the agent; 0 while there is one. */
  get downMs(): number {
    return this.#downSinceMs === undefined ? 0 : performance.now() - this.#downSinceMs;
  }

  /** Resolves when the link is up; false when it was not within `timeoutMs`. */
  isUpWithin(timeoutMs: number): Promise<boolean> {
    if (this.#downSinceMs === undefined) return Promise.resolve(true);
    if (this.downMs >= timeoutMs) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (up: boolean) => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        resolve(up);
      };
      const wake = () => settle(true);
      const timer = setTimeout(() => settle(false), timeoutMs);
      this.#waiters.add(wake);
    });
  }

  /** Ends the link; where there is a way to the agent, waits until what was sent is delivered. */
  async close(): Promise<void> {
    this.#stop.abort();
    const wasUp = this.state === 'up';
    const closed = this.#mux.close('the sidecar leaves');
    if (wasUp) await closed;
  }

  #open(): [Link, Mux] {
    const link = connectLink((signal) => this.#options.door.next(signal));
    link.onState = (state, why) => this.#onState(link, state, why);
    const mux = new Mux(link, { side: 'caller' });
    this.#options.onMux(mux);
    return [link, mux];
  }

  async #renew(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const why = await this.#mux.closed;
      if (signal.aborted) return;
      this.#why = why?.message ?? 'the agent left';
      this.#options.journal.problem('link', `the link is gone: ${this.#why}`);
      await delay(RENEW_PAUSE_MS, undefined, { signal });
      [this.#link, this.#mux] = this.#open();
    }
  }

  #onState(link: Link, state: LinkState, why: Error | undefined): void {
    if (link !== this.#link) return;
    if (state !== 'up') {
      this.#downSinceMs ??= performance.now();
      if (why === undefined) return;
      this.#why = why.message;
      this.#options.journal.problem('link', why.message);
      return;
    }
    this.#downSinceMs = undefined;
    this.#options.journal.over('link');
    for (const wake of [...this.#waiters]) wake();
    this.#options.onUp();
  }
}
