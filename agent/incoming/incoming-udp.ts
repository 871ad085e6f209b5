import { MessageBatch } from '../../src/kernel/message-batch.ts';
import { UdpTap } from '../../src/kernel/udp-tap.ts';
import { errnoError } from '../../src/protocol/errno.ts';
import type { IncomingMode } from '../../src/protocol/launch.ts';
import type { AgentStatus, Endpoint } from '../../src/protocol/messages.ts';
import type { Mux } from '../../src/tunnel/mux.ts';
import { StolenUdpPort } from './stolen-udp-port.ts';
import { IncomingUdpFlows } from './udp-flows.ts';

const SWEEP_MS = 1_000;
/** As many as a packet filter can compare. */
const PORTS_MAX = 200;

export interface IncomingUdpOptions {
  readonly mux: () => Mux | undefined;
  /** Something is missing from the copies, in words. */
  readonly onLost: (text: string) => void;
}

/** The target's UDP traffic, as far as the sidecar wants it: stolen or mirrored, by the ports that it named last. */
export class IncomingUdp {
  readonly #options: IncomingUdpOptions;
  readonly #counts = { received: 0, sent: 0, dropped: 0 };
  readonly #stolen: IncomingUdpFlows;
  readonly #mirrored: IncomingUdpFlows;
  readonly #stolenPorts = new Map<number, StolenUdpPort>();
  #batch: MessageBatch | undefined;
  #formerOverflow = 0;
  #tap: UdpTap | undefined;
  #tapPorts: readonly number[] = [];
  #formerLosses = 0;
  #told = 0;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(options: IncomingUdpOptions) {
    this.#options = options;
    const { mux } = options;
    const shared = { mux, counts: this.#counts, now: () => performance.now() };
    this.#stolen = new IncomingUdpFlows({
      ...shared,
      mode: 'steal',
      answer: (to, from, payload) => {
        const code = this.#stolenPorts.get(from.port)?.answer(to, from, payload);
        if (code !== undefined) this.#counts.dropped++;
      },
    });
    this.#mirrored = new IncomingUdpFlows({ ...shared, mode: 'mirror', answer: () => undefined });
  }

  get status(): AgentStatus['incoming']['udp'] {
    const { dropped, ...counts } = this.#counts;
    return {
      ports: this.ports,
      flows: this.#stolen.size + this.#mirrored.size,
      ...counts,
      dropped: dropped + this.#overflowed + this.#losses,
    };
  }

  /** Those that are intercepted now. */
  get ports(): readonly number[] {
    return this.#tap ? this.#tapPorts : [...this.#stolenPorts.keys()];
  }

  /** Intercepts exactly these from now on. EADDRINUSE where another session steals one. */
  set(mode: IncomingMode, ports: readonly number[]): void {
    const stolen = mode === 'steal' ? ports : [];
    const mirrored = mode === 'mirror' ? ports : [];
    this.#stolen.keep(stolen);
    this.#mirrored.keep(mirrored);
    this.#setSweeper(ports.length > 0 && mode !== 'off');
    this.#setTap(mirrored);
    this.#steal(stolen);
  }

  #steal(ports: readonly number[]): void {
    for (const [port, stolen] of this.#stolenPorts) {
      if (ports.includes(port)) continue;
      this.#formerOverflow += stolen.overflowed;
      stolen.close();
      this.#stolenPorts.delete(port);
    }
    const refusals = ports.flatMap((port) => this.#stealOne(port));
    if (refusals.length > 0) throw refusals[0];
  }

  /** Answers with what the kernel refused, if it did. */
  #stealOne(port: number): unknown[] {
    if (this.#stolenPorts.has(port)) return [];
    this.#batch ??= new MessageBatch();
    try {
      const options = { port, batch: this.#batch, onDatagram: this.#receiveStolen };
      this.#stolenPorts.set(port, new StolenUdpPort(options));
      return [];
    } catch (error) {
      return [error];
    }
  }

  readonly #receiveStolen = (from: Endpoint, to: Endpoint, payload: Buffer): void =>
    this.#stolen.receive(from, to, payload);

  get #overflowed(): number {
    const stolen = [...this.#stolenPorts.values()];
    return stolen.reduce((sum, { overflowed }) => sum + overflowed, this.#formerOverflow);
  }

  #setTap(ports: readonly number[]): void {
    this.#tapPorts = ports;
    if (ports.length === 0) {
      this.#formerLosses = this.#losses;
      this.#tap?.close();
      this.#tap = undefined;
    } else if (this.#tap) {
      this.#tap.setPorts(ports);
    } else {
      this.#tap = new UdpTap({
        ports,
        onDatagram: ({ from, to, payload }) => this.#mirrored.receive(from, to, payload),
      });
    }
  }

  get #losses(): number {
    return this.#formerLosses + (this.#tap ? this.#tap.dropped + this.#tap.fragments : 0);
  }

  #setSweeper(isNeeded: boolean): void {
    if (isNeeded) this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS);
    else {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
    }
  }

  #sweep(): void {
    this.#stolen.sweep();
    this.#mirrored.sweep();
    const lost = this.#losses - this.#told;
    this.#told += lost;
    if (lost > 0) {
      this.#options.onLost(`${lost} datagrams were not mirrored: in fragments, or no room`);
    }
  }
}

/** The ports of a request, each once; EINVAL where they are none or too many. */
export function checkUdpPorts(ports: readonly number[]): readonly number[] {
  const isPort = (port: unknown) =>
    Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536;
  if (!ports.every(isPort) || ports.length > PORTS_MAX) {
    throw errnoError('EINVAL', 'incoming.set: not a list of UDP ports');
  }
  return [...new Set(ports)];
}
