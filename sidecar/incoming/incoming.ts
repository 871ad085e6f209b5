import { listeningPorts } from '../../src/kernel/listening.ts';
import type { IncomingMode, PortPair, SidecarConfig } from '../../src/protocol/launch.ts';
import type { Journal } from '../../src/runtime/journal.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';
import type { AgentLink } from '../link/agent-link.ts';
import type { Tally } from '../status/tally.ts';
import { Announcer } from './announce.ts';
import { deliver } from './deliver.ts';
import { chooseListening, watchListening } from './listening-ports.ts';

export interface IncomingOptions {
  readonly incoming: SidecarConfig['incoming'];
  readonly link: Pick<AgentLink, 'call' | 'state'>;
  readonly tally: Tally['incoming'];
  readonly journal: Journal;
  readonly signal: AbortSignal;
}

/** The target's traffic for as long as the service listens: says so to the agent, and takes the connections that come. */
export class Incoming {
  readonly mode: IncomingMode;
  readonly #options: IncomingOptions;
  readonly #announcer: Announcer;

  constructor(options: IncomingOptions) {
    const { mode, flush, filter } = options.incoming;
    this.mode = mode;
    this.#options = options;
    this.#announcer = new Announcer({ ...options, mode, flush, filter });
    if (mode === 'off') return;
    const onChange = (listening: readonly PortPair[]) => this.#announcer.set(listening);
    const choose = chooseListening(options.incoming);
    const stop = watchListening({ choose, read: listeningPorts, onChange });
    options.signal.addEventListener('abort', stop, { once: true });
  }

  /** Ports of the service that listen. */
  get listening(): readonly number[] {
    return this.#announcer.listening.map(({ service }) => service);
  }

  /** Ports of the target that the agent intercepts. */
  get ports(): readonly number[] {
    return this.#announcer.ports;
  }

  /** The link is up, maybe to an agent that knows nothing of us. */
  announceAgain(): void {
    if (this.mode !== 'off') this.#announcer.again();
  }

  /** The agent opened a stream. */
  take(stream: MuxStream): void {
    const { info } = stream;
    if (info.kind !== 'incoming.tcp') {
      stream.on('error', () => undefined);
      stream.reset('ENOSYS');
      return;
    }
    const { incoming, tally, journal } = this.#options;
    const pairs = incoming.every ? this.#announcer.listening : incoming.ports;
    deliver(stream, info, { pairs, tally, journal }).catch((error: unknown) => {
      journal.problem('incoming', String(error));
      stream.reset('EIO');
    });
  }
}
