import type { IncomingMode, PortPair } from '../../src/protocol/launch.ts';
import type { TrafficFilter } from '../../src/protocol/traffic-filter.ts';
import type { Journal } from '../../src/runtime/journal.ts';
import type { AgentLink } from '../link/agent-link.ts';
import { KeepAsking } from '../link/keep-asking.ts';

const CALL_MS = 5_000;

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
  readonly #telling: KeepAsking;

  constructor(options: AnnounceOptions) {
    this.#options = options;
    this.#telling = new KeepAsking({ ...options, name: 'incoming', ask: () => this.#tell() });
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
    this.#telling.again();
  }

  async #tell(): Promise<void> {
    const { link, mode, flush, filter, signal } = this.#options;
    const ports = this.#listening.map(({ target }) => target);
    const udp = this.#bound.map(({ target }) => target);
    const { body } = await link.call(
      'incoming.set',
      { mode, ports, flush, udp, ...(filter && { filter }) },
      { timeoutMs: CALL_MS, signal },
    );
    this.#ports = body.ports;
    this.#udpPorts = body.udp ?? [];
  }
}
