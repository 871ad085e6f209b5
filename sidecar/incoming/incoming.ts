import type { Endpoint } from '../../src/kernel/endpoint.ts';
import { boundUdpPorts, listeningPorts } from '../../src/kernel/listening.ts';
import type {
  IncomingMode,
  PortPair,
  SidecarConfig,
  SidecarStatus,
} from '../../src/protocol/launch.ts';
import type { Journal } from '../../src/runtime/journal.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';
import type { AgentLink } from '../link/agent-link.ts';
import type { Tally } from '../status/tally.ts';
import { Announcer } from './announce.ts';
import { deliver } from './deliver.ts';
import { DeliverDatagrams } from './deliver-datagrams.ts';
import { chooseListening, watchListening } from './listening-ports.ts';

export interface IncomingOptions {
  readonly incoming: SidecarConfig['incoming'];
  readonly link: Pick<AgentLink, 'call' | 'state'>;
  readonly tally: Pick<Tally, 'incoming' | 'udp'>;
  readonly journal: Journal;
  readonly signal: AbortSignal;
}

/** The target's traffic for as long as the service listens: says so to the agent, and takes the connections that come. */
export class Incoming {
  readonly mode: IncomingMode;
  readonly #options: IncomingOptions;
  readonly #announcer: Announcer;
  readonly #datagrams: DeliverDatagrams;

  constructor(options: IncomingOptions) {
    const { mode, flush, filter } = options.incoming;
    this.mode = mode;
    this.#options = options;
    this.#datagrams = new DeliverDatagrams(options.tally.udp);
    this.#announcer = new Announcer({ ...options, mode, flush, filter });
    if (mode === 'off') return;
    const onChange = (listening: readonly PortPair[]) => this.#announcer.set(listening);
    const ports = options.incoming.ports.filter(({ transport }) => transport === undefined);
    const choose = chooseListening({ ...options.incoming, ports });
    const stop = watchListening({ choose, read: listeningPorts, onChange });
    options.signal.addEventListener('abort', stop, { once: true });
    this.#watchBound();
  }

  /** Ports of the service that listen. */
  get listening(): readonly number[] {
    return this.#announcer.listening.map(({ service }) => service);
  }

  /** Ports of the target that the agent intercepts. */
  get ports(): readonly number[] {
    return this.#announcer.ports;
  }

  /** UDP: ports of the service that are bound, those of the target that the agent intercepts, and clients that speak to it. */
  get udp(): SidecarStatus['incoming']['udp'] {
    const { bound, udpPorts } = this.#announcer;
    return {
      listening: bound.map(({ service }) => service),
      ports: udpPorts,
      flows: this.#datagrams.flows,
    };
  }

  /** The service sent a datagram to somebody: whether that was a client, whom it answers. */
  takeAnswer(from: Endpoint, client: Endpoint, payload: Buffer): boolean {
    return this.#isMirrored(from.port) || this.#datagrams.takeAnswer(from, client, payload);
  }

  /** What leaves such a port is taken for an answer, however late: the target answers, and its clients must not hear two. */
  #isMirrored(port: number): boolean {
    const { mode, ports } = this.#options.incoming;
    return (
      mode === 'mirror' &&
      ports.some(({ transport, service }) => transport === 'udp' && service === port)
    );
  }

  close(): void {
    this.#datagrams.close();
  }

  /** The link is up, maybe to an agent that knows nothing of us. */
  announceAgain(): void {
    if (this.mode !== 'off') this.#announcer.again();
  }

  /** The agent opened a stream. */
  take(stream: MuxStream): void {
    const { info } = stream;
    if (info.kind === 'incoming.udp') {
      this.#datagrams.take(stream, info, this.#announcer.bound);
      return;
    }
    if (info.kind !== 'incoming.tcp') {
      stream.on('error', () => undefined);
      stream.reset('ENOSYS');
      return;
    }
    const { incoming, tally: tallies, journal } = this.#options;
    const tally = tallies.incoming;
    const pairs = incoming.every ? this.#announcer.listening : incoming.ports;
    deliver(stream, info, { pairs, tally, journal }).catch((error: unknown) => {
      journal.problem('incoming', String(error));
      stream.reset('EIO');
    });
  }

  #watchBound(): void {
    const { incoming, signal } = this.#options;
    const pairs = incoming.ports.filter(({ transport }) => transport === 'udp');
    if (pairs.length === 0) return;
    const stop = watchListening({
      choose: chooseListening({ ports: pairs }),
      read: boundUdpPorts,
      onChange: (bound) => this.#announcer.setBound(bound),
    });
    signal.addEventListener('abort', stop, { once: true });
  }
}
