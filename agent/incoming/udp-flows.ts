import type { Endpoint } from '../../src/protocol/messages.ts';
import type { Mux } from '../../src/tunnel/mux.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';

/** Clients that speak to the service at once; of one more the one that was silent longest is forgotten. */
export const FLOWS_MAX = 1024;
const SILENT_MS = 60_000;
const ANSWERED_SILENT_MS = 120_000;

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

interface Flow {
  readonly key: string;
  readonly port: number;
  readonly stream: MuxStream;
  lastMs: number;
  isAnswered: boolean;
}

/**
 * Who speaks to the target's UDP ports, each a stream to the sidecar. A flow ends by silence, by too many others, by the service's refusal,
 * with its port or with the link; the client's next datagram begins another.
 */
export class IncomingUdpFlows {
  readonly #options: UdpFlowsOptions;
  readonly #flows = new Map<string, Flow>();

  constructor(options: UdpFlowsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#flows.size;
  }

  /** A client sent a datagram. Its bytes are copied. */
  receive(from: Endpoint, to: Endpoint, payload: Buffer): void {
    const { counts, now } = this.#options;
    const key = `${from.port} ${from.address} ${to.port} ${to.address}`;
    const flow = this.#flows.get(key) ?? this.#open(key, from, to);
    if (flow === undefined) {
      counts.dropped++;
      return;
    }
    flow.lastMs = now();
    const dropped = flow.stream.sendDatagram(Buffer.from(payload));
    counts.received += 1 - dropped;
    counts.dropped += dropped;
  }

  /** Forgets what was silent for too long; call it every second. */
  sweep(): void {
    const nowMs = this.#options.now();
    this.#forgetAll(({ lastMs, isAnswered }) => {
      return nowMs - lastMs > (isAnswered ? ANSWERED_SILENT_MS : SILENT_MS);
    });
  }

  /** Only flows of these ports go on. */
  keep(ports: readonly number[]): void {
    this.#forgetAll(({ port }) => !ports.includes(port));
  }

  #forgetAll(isOver: (flow: Flow) => boolean): void {
    for (const flow of this.#flows.values()) if (isOver(flow)) this.#forget(flow);
  }

  #open(key: string, from: Endpoint, to: Endpoint): Flow | undefined {
    const { mode, answer, counts, now } = this.#options;
    if (this.#flows.size >= FLOWS_MAX) this.#forgetOldest();
    const stream = this.#openStream(from, to);
    if (stream === undefined) return undefined;
    const flow: Flow = { key, port: to.port, stream, lastMs: now(), isAnswered: false };
    this.#flows.set(key, flow);
    stream.resume();
    stream.on('error', () => undefined); // seen by its close
    stream.once('close', () => {
      if (this.#flows.get(key) === flow) this.#flows.delete(key);
    });
    stream.onDatagram = (payload) => {
      if (mode === 'mirror') return;
      flow.lastMs = now();
      flow.isAnswered = true;
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

  #forgetOldest(): void {
    let oldest: Flow | undefined;
    for (const flow of this.#flows.values()) {
      if (oldest === undefined || flow.lastMs < oldest.lastMs) oldest = flow;
    }
    if (oldest) this.#forget(oldest);
  }

  #forget(flow: Flow): void {
    this.#flows.delete(flow.key);
    flow.stream.reset('ECANCELED');
  }
}
