import { errnoError } from '../../src/protocol/errno.ts';
import type { IncomingMode } from '../../src/protocol/launch.ts';
import type { AgentStatus, Api, TakenPort } from '../../src/protocol/messages.ts';
import type { Journal } from '../../src/runtime/journal.ts';
import { compileFilter, type Judge } from '../http/matcher.ts';
import { MirroredConnection } from '../http/mirrored-connection.ts';
import { MirroredHttp2 } from '../http/mirrored-http2.ts';
import { MirroredRequests } from '../http/mirrored-requests.ts';
import type { SidecarLink } from '../link/sidecar-link.ts';
import { checkUdpPorts, IncomingUdp } from './incoming-udp.ts';
import { Mirror } from './mirror.ts';
import { openMirrorSession, openMirrorSink } from './mirror-sink.ts';
import type { FlowSink } from './mirrored-flow.ts';
import type { NewFlow } from './reassemble.ts';
import { type IncomingCounts, Steal, type StealOptions } from './steal.ts';
import { PortTaken } from './steal-table.ts';

/** As many as a packet filter can compare. */
const PORTS_MAX = 200;

export interface IncomingOptions
  extends Pick<StealOptions, 'label' | 'nodeAddresses' | 'probePorts' | 'tls'> {
  readonly link: Pick<SidecarLink, 'mux' | 'whenUp'>;
  readonly journal: Journal;
  /** Something that the sidecar shall know. */
  readonly notice: (text: string) => void;
  /** Whether who takes copies answers as a service does: those of HTTP/2 are requests of our own. */
  readonly mirrorsHttp2: boolean;
}

interface Wanted {
  readonly mode: IncomingMode;
  readonly ports: readonly number[];
  readonly flush: boolean;
  /** Which HTTP requests of them; undefined: everything. */
  readonly judge: Judge | undefined;
  readonly udp: readonly number[];
}

const NOTHING: Wanted = { mode: 'off', ports: [], flush: false, judge: undefined, udp: [] };

/**
 * The target's traffic, as far as the sidecar wants it: the set of ports that it named last, intercepted in one mode.
 *
 * It ends being intercepted: by another set; while the link is away for more than a second (steal only: a copy hurts nobody); when the
 * sidecar is gone; by the session's release, for good; with the process.
 */
export class Incoming {
  readonly #options: IncomingOptions;
  readonly #counts: IncomingCounts = { connections: 0, open: 0, passed: 0 };
  readonly #steal: Steal;
  readonly #udp: IncomingUdp;
  #mirror: Mirror | undefined;
  #formerDrops = 0;
  #wanted: Wanted = NOTHING;
  /** Why what is wanted is not stolen. */
  #taken: TakenPort | undefined;
  #isReleased = false;
  #isSuspended = false;

  constructor(options: IncomingOptions) {
    this.#options = options;
    const whenUp = () => options.link.whenUp();
    this.#steal = new Steal({ ...options, whenUp, counts: this.#counts });
    this.#udp = new IncomingUdp({
      mux: () => options.link.mux,
      onLost: (text) => this.#lost(text),
    });
  }

  get status(): AgentStatus['incoming'] {
    return {
      mode: this.#wanted.mode,
      ports: this.#activePorts(),
      ...(this.#taken ? { taken: this.#taken } : {}),
      ...this.#counts,
      dropped: this.#formerDrops + (this.#mirror?.drops ?? 0),
      udp: this.#udp.status,
    };
  }

  /** Intercepts exactly these ports from now on; answers them. ECANCELED after the release, EADDRINUSE where another session is. */
  async set(
    args: Api['incoming.set']['args'],
    signal: AbortSignal,
  ): Promise<Api['incoming.set']['answer']> {
    const wanted = checkWanted(args);
    if (wanted.mode === 'steal' && wanted.ports.length > 0) await this.#steal.listen();
    signal.throwIfAborted();
    if (this.#isReleased) throw errnoError('ECANCELED', 'the session has released the target');
    this.#wanted = wanted;
    this.#apply();
    const udp = this.#udp.ports;
    return { ports: this.#activePorts(), ...(udp.length > 0 && { udp }) };
  }

  /** The link has been away for too long: the target serves. */
  suspend(): void {
    this.#isSuspended = true;
    const ports = this.#steal.ports;
    this.#steal.suspend();
    if (this.#wanted.mode === 'steal') this.#udp.set('steal', []);
    if (ports.length > 0) this.#options.journal.note('target serves: the link is away', { ports });
  }

  /** The link is back: what was wanted before is intercepted again, until the sidecar says otherwise. */
  resume(): void {
    if (!this.#isSuspended) return;
    this.#isSuspended = false;
    const { journal, notice } = this.#options;
    try {
      this.#apply();
      if (this.#steal.ports.length > 0) notice('the target served while the link was away');
    } catch (error) {
      journal.problem('incoming', String(error));
    }
  }

  /** The sidecar is gone. */
  forget(): void {
    this.#wanted = NOTHING;
    this.#apply();
  }

  /** Gives the target its traffic back now and for good. */
  release(): void {
    this.#isReleased = true;
    this.#steal.suspend();
    this.forget();
    this.#options.journal.note('released');
  }

  /** Releases the target, and lets what is under way end. */
  async drain(): Promise<void> {
    this.release();
    await this.#steal.drain();
  }

  close(): void {
    this.#isReleased = true;
    this.forget();
    this.#steal.close();
  }

  #apply(): void {
    const { mode, ports, flush, judge, udp } = this.#wanted;
    const keepsRank = mode === 'steal';
    this.#taken = undefined;
    try {
      this.#steal.set(keepsRank && !this.#isSuspended ? ports : [], { flush, judge, keepsRank });
    } catch (error) {
      if (error instanceof PortTaken) this.#taken = error.taken;
      throw error;
    }
    this.#setMirror(mode === 'mirror' ? ports : []);
    this.#udp.set(mode, mode === 'steal' && this.#isSuspended ? [] : udp);
  }

  #setMirror(ports: readonly number[]): void {
    if (ports.length === 0) {
      this.#formerDrops += this.#mirror?.drops ?? 0;
      this.#mirror?.close();
      this.#mirror = undefined;
    } else if (this.#mirror) {
      this.#mirror.setPorts(ports);
    } else {
      this.#mirror = this.#startMirror(ports);
    }
  }

  #startMirror(ports: readonly number[]): Mirror {
    const { link } = this.#options;
    return new Mirror({
      ports,
      open: (flow) => {
        const { judge } = this.#wanted;
        const open = () => openMirrorSink(link.mux, flow, this.#counts);
        return judge ? this.#readMirrored(flow, judge, open) : open();
      },
      onLost: (text) => this.#lost(text),
    });
  }

  #readMirrored(flow: NewFlow, judge: Judge, open: () => FlowSink): FlowSink {
    const { link, mirrorsHttp2 } = this.#options;
    const http1 = () => new MirroredRequests(judge, open);
    const openService = () => openMirrorSession(link.mux, flow, this.#counts);
    const http2 = () => new MirroredHttp2({ judge, openService });
    return new MirroredConnection({ http1, http2: mirrorsHttp2 ? http2 : http1 });
  }

  #lost(text: string): void {
    const { journal, notice } = this.#options;
    journal.problem('mirror', text);
    notice(text);
  }

  #activePorts(): readonly number[] {
    return this.#wanted.mode === 'steal' ? this.#steal.ports : this.#wanted.ports;
  }
}

function checkWanted({
  mode,
  ports,
  flush = false,
  filter,
  udp = [],
}: Api['incoming.set']['args']): Wanted {
  const isMode = mode === 'steal' || mode === 'mirror' || mode === 'off';
  const isPort = (port: unknown) =>
    Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536;
  if (!isMode || !Array.isArray(ports) || !ports.every(isPort) || ports.length > PORTS_MAX) {
    throw errnoError('EINVAL', 'incoming.set: not a mode and a list of ports');
  }
  if (mode === 'off') return NOTHING;
  return {
    mode,
    ports: [...new Set(ports)],
    flush,
    judge: filter && compileFilter(filter),
    udp: checkUdpPorts(udp),
  };
}
