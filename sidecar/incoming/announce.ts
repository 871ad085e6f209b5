import { setTimeout as delay } from 'node:timers/promises';
import type { IncomingMode, PortPair } from '../../src/protocol/launch.ts';
import type { TrafficFilter } from '../../src/protocol/traffic-filter.ts';
import type { Journal } from '../../src/runtime/journal.ts';
import type { AgentLink } from '../link/agent-link.ts';

const CALL_MS = 5_000;
const RETRY_MS = 1_000;

export interface AnnounceOptions {
  readonly mode: IncomingMode;
  readonly flush: boolean;
  readonly filter: TrafficFilter | undefined;
  readonly link: Pick<AgentLink, 'call' | 'state'>;
  readonly journal: Pick<Journal, 'problem'>;
  readonly signal: AbortSignal;
}

/**
 * Tells the agent which ports to intercept: those whose service port listens. Says it again whenever the link came up,
 * because the agent forgets when it is gone; one call at a time, and always the latest set.
 */
export class Announcer {
  readonly #options: AnnounceOptions;
  #listening: readonly PortPair[] = [];
  #bound: readonly PortPair[] = [];
  #ports: readonly number[] = [];
  #udpPorts: readonly number[] = [];
  #isCurrent = true;
  #isRunning = false;

  constructor(options: AnnounceOptions) {
    this.#options = options;
  }

  get listening(): readonly PortPair[] {
    return this.#listening;
  }

  /** What the agent said that it intercepts. */
  get ports(): readonly number[] {
    return this.#ports;
  }

  /** The same of UDP. */
  get udpPorts(): readonly number[] {
    return this.#udpPorts;
  }

  get bound(): readonly PortPair[] {
    return this.#bound;
  }

  /** Which pairs of UDP ports are bound now. */
  setBound(bound: readonly PortPair[]): void {
    this.#bound = bound;
    this.again();
  }

  /** Which pairs listen now. */
  set(listening: readonly PortPair[]): void {
    this.#listening = listening;
    this.again();
  }

  /** The agent may have forgotten. */
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
    const { link, mode, flush, filter, journal, signal } = this.#options;
    while (!this.#isCurrent && link.state === 'up' && !signal.aborted) {
      this.#isCurrent = true;
      const ports = this.#listening.map(({ target }) => target);
      const udp = this.#bound.map(({ target }) => target);
      try {
        const { body } = await link.call(
          'incoming.set',
          { mode, ports, flush, udp, ...(filter && { filter }) },
          { timeoutMs: CALL_MS, signal },
        );
        this.#ports = body.ports;
        this.#udpPorts = body.udp ?? [];
      } catch (error) {
        this.#isCurrent = false;
        journal.problem('incoming', error instanceof Error ? error.message : String(error));
        await delay(RETRY_MS, undefined, { signal });
      }
    }
  }
}
