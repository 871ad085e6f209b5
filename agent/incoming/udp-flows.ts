import type { Endpoint } from '../../src/protocol/messages.ts';
import { type DatagramFlow, DatagramFlows } from '../../src/relay/datagram-flows.ts';
import type { Mux } from '../../src/tunnel/mux.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';

export interface UdpFlowsOptions {
  readonly mode: 'steal' | 'mirror';
  readonly mux: () => Mux | undefined;
  readonly counts: UdpFlowCounts;
  /** Sends what the service answers; of a mirrored flow nothing is sent. */
  readonly answer: (to: Endpoint, from: Endpoint, payload: Buffer) => void;
  readonly now: () => number;
}

export interface UdpFlowCounts {
  received: number;
  sent: number;
  dropped: number;
}

type Flow = DatagramFlow<{ readonly port: number }>;

/**
 * Who speaks to the target's UDP ports, each a stream to the sidecar. A flow ends by silence, by too many others, by the service's refusal,
 * with its port or with the link; the client's next datagram begins another.
 */
export class IncomingUdpFlows {
  readonly #options: UdpFlowsOptions;
  readonly #flows: DatagramFlows<Flow['about']>;

  constructor(options: UdpFlowsOptions) {
    this.#options = options;
    this.#flows = new DatagramFlows(options.now);
  }

  get size(): number {
    return this.#flows.size;
  }

  /** A client sent a datagram. Its bytes are copied. */
  receive(from: Endpoint, to: Endpoint, payload: Buffer): void {
    const { counts } = this.#options;
    const key = `${from.port} ${from.address} ${to.port} ${to.address}`;
    const flow = this.#flows.find(key) ?? this.#open(key, from, to);
    if (flow === undefined) {
      counts.dropped++;
      return;
    }
    this.#flows.spoke(flow);
    const dropped = flow.stream.sendDatagram(Buffer.from(payload));
    counts.received += 1 - dropped;
    counts.dropped += dropped;
  }

  /** Forgets what was silent for too long; call it every second. */
  sweep(): void {
    this.#flows.sweep();
  }

  /** Only flows of these ports go on. */
  keep(ports: readonly number[]): void {
    this.#flows.forget(({ about }) => !ports.includes(about.port));
  }

  #open(key: string, from: Endpoint, to: Endpoint): Flow | undefined {
    const { mode, answer, counts } = this.#options;
    this.#flows.makeRoom();
    const stream = this.#openStream(from, to);
    if (stream === undefined) return undefined;
    const flow = this.#flows.add(key, stream, { port: to.port });
    stream.on('error', () => undefined); // seen by its close
    stream.onDatagram = (payload) => {
      if (mode === 'mirror') return;
      this.#flows.answered(flow);
      counts.sent++;
      answer(from, to, payload);
    };
    return flow;
  }

  #openStream(from: Endpoint, to: Endpoint): MuxStream | undefined {
    const { mode, mux } = this.#options;
    try {
      return mux()?.open({ kind: 'incoming.udp', mode, from, to });
    } catch {
      return undefined; // too many streams, or the link has just ended
    }
  }
}
