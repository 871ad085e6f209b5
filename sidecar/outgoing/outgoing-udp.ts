import type { Endpoint } from '../../src/kernel/endpoint.ts';
import { ForeignSender } from '../../src/kernel/foreign-sender.ts';
import { MessageBatch } from '../../src/kernel/message-batch.ts';
import { type UdpDatagram, UdpSocket } from '../../src/kernel/udp-socket.ts';
import type { Journal } from '../../src/runtime/journal.ts';
import type { AgentLink } from '../link/agent-link.ts';
import { MARKS, PORTS } from '../network-plan.ts';
import type { Tally } from '../status/tally.ts';
import { UdpFlows } from './udp-flows.ts';

/** Where TPROXY gives the datagrams of a family to. */
const LISTENERS = { 4: '127.0.0.1', 6: '::1' } as const;
/** A burst of a fifth of a second at 100 Mbit/s waits in the kernel while the main loop is busy. */
const BUFFER_BYTES = 4 * 1024 * 1024;

export interface OutgoingUdpOptions {
  readonly link: Pick<AgentLink, 'mux' | 'downMs'>;
  /** Whether a datagram of the service's is an answer to a client of its own, and taken as such. */
  readonly takeAnswer: (from: Endpoint, to: Endpoint, payload: Buffer) => boolean;
  readonly tally: Tally['udp'];
  readonly journal: Journal;
}

/**
 * The service's datagrams to everything that is not local. All of them come to one socket a family, which the rules lead to, with
 * where they were going: none overtakes another while its flow is made. Answers are sent in the peer's name.
 */
export class OutgoingUdp {
  readonly #flows: UdpFlows;
  readonly #sender = new ForeignSender(MARKS.own);
  readonly #sockets: readonly UdpSocket[];
  readonly #tally: Tally['udp'];
  readonly #takeAnswer: OutgoingUdpOptions['takeAnswer'];
  #overflowed = 0;

  constructor({ link, takeAnswer, tally, journal }: OutgoingUdpOptions) {
    this.#tally = tally;
    this.#takeAnswer = takeAnswer;
    this.#flows = new UdpFlows({
      link,
      tally,
      journal,
      answer: (peer, to, payload) => this.#sender.send(peer, to, payload),
      refuse: (from, peer, kind) => void this.#sender.sendIcmpError(from, peer, kind),
      now: () => performance.now(),
    });
    const batch = new MessageBatch();
    this.#sockets = [this.#listen(4, batch), ...this.#listenIfThere(6, batch)];
  }

  /** Sockets of the service that speak through the agent. */
  get flows(): number {
    return this.#flows.size;
  }

  /** Call it every second. */
  sweep(): void {
    this.#flows.sweep();
    const overflowed = this.#sockets.reduce((sum, socket) => sum + socket.overflowed, 0);
    this.#tally.dropped += overflowed - this.#overflowed;
    this.#overflowed = overflowed;
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
    this.#flows.close();
    this.#sender.close();
  }

  #listen(family: 4 | 6, batch: MessageBatch): UdpSocket {
    return new UdpSocket(
      {
        family,
        bindTo: { address: LISTENERS[family], port: PORTS.datagrams },
        transparent: true,
        tellDestination: true,
        mark: MARKS.own,
        bufferBytes: BUFFER_BYTES,
      },
      { batch, onDatagram: (datagram) => this.#take(datagram) },
    );
  }

  /** A namespace may have a family switched off. */
  #listenIfThere(family: 4 | 6, batch: MessageBatch): UdpSocket[] {
    try {
      return [this.#listen(family, batch)];
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return [];
      throw error;
    }
  }

  #take({ from, to, payload }: UdpDatagram): void {
    // Sent to the listener itself, past the rules: nobody's.
    if (to === undefined || isListener(to)) return;
    if (!this.#takeAnswer(from, to, payload)) this.#flows.send(from, to, payload);
  }
}

function isListener({ address, port }: Endpoint): boolean {
  return port === PORTS.datagrams && Object.values<string>(LISTENERS).includes(address);
}
