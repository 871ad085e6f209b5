import type { Endpoint } from '../../src/kernel/endpoint.ts';
import { type IcmpKind, icmpKindOf } from '../../src/kernel/icmp-error.ts';
import { formatAddress, parseAddress } from '../../src/kernel/ip-address.ts';
import { familyOf } from '../../src/kernel/socket-address.ts';
import {
  type DatagramFailure,
  decodeAddressed,
  encodeData,
} from '../../src/protocol/addressed-datagram.ts';
import { type DatagramFlow, DatagramFlows, FLOWS_MAX } from '../../src/relay/datagram-flows.ts';
import type { Journal } from '../../src/runtime/journal.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';
import type { AgentLink } from '../link/agent-link.ts';
import type { Tally } from '../status/tally.ts';
import { LINK_PATIENCE_MS } from './hold-connects.ts';

export interface UdpFlowsOptions {
  readonly link: Pick<AgentLink, 'mux' | 'downMs'>;
  /** Sends to the service in the name of a peer; the errno's name of what the kernel refuses. */
  readonly answer: (peer: Endpoint, to: Endpoint, payload: Buffer) => string | undefined;
  /** Tells the service what became of its datagram to a peer. */
  readonly refuse: (from: Endpoint, peer: Endpoint, kind: IcmpKind) => void;
  readonly now: () => number;
  readonly tally: Tally['udp'];
  readonly journal: Pick<Journal, 'problem'>;
}

/** The service's socket. */
type Flow = DatagramFlow<{ readonly from: Endpoint }>;

/**
 * The service's UDP sockets, each with a stream to a socket of the agent's that stands for it in the pod. By socket and not by
 * destination: a pod's socket has one port towards all its peers, and so has this.
 *
 * Ways for a flow to end: silence; too many others that spoke later; the agent refuses or loses its socket; the link's end. The next
 * datagram of the same socket begins another.
 */
export class UdpFlows {
  readonly #options: UdpFlowsOptions;
  readonly #flows: DatagramFlows<Flow['about']>;

  constructor(options: UdpFlowsOptions) {
    this.#options = options;
    this.#flows = new DatagramFlows(options.now);
  }

  get size(): number {
    return this.#flows.size;
  }

  /** The service sent a datagram. Its bytes are copied. */
  send(from: Endpoint, to: Endpoint, payload: Buffer): void {
    const { link, refuse, tally } = this.#options;
    if (link.downMs > LINK_PATIENCE_MS) {
      tally.dropped++;
      refuse(from, to, icmpKindOf('ENETUNREACH', familyOf(to.address), 0));
      return;
    }
    const key = `${from.port} ${from.address}`;
    const flow = this.#flows.find(key) ?? this.#open(key, from);
    if (flow === undefined) {
      tally.dropped++;
      return;
    }
    this.#flows.spoke(flow);
    const peer = { address: parseAddress(to.address), port: to.port };
    const dropped = flow.stream.sendDatagram(encodeData(peer, payload));
    // Older ones that were dropped for it have been counted as sent.
    tally.sent += 1 - dropped;
    tally.dropped += dropped;
  }

  /** Forgets what has been silent for too long; call it every second. */
  sweep(): void {
    this.#flows.sweep();
  }

  close(): void {
    this.#flows.forget(() => true);
  }

  #open(key: string, from: Endpoint): Flow | undefined {
    const { link, journal } = this.#options;
    if (this.#flows.makeRoom()) {
      journal.problem('udp', `more than ${FLOWS_MAX} sockets: the oldest is forgotten`);
    }
    let stream: MuxStream;
    try {
      stream = link.mux.open({ kind: 'outgoing.udp' });
    } catch (error) {
      journal.problem('udp', error instanceof Error ? error.message : String(error));
      return undefined;
    }
    const flow = this.#flows.add(key, stream, { from });
    stream.onDatagram = (bytes) => this.#receive(flow, bytes);
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#flows.has(flow)) journal.problem('udp', `the agent: ${error.code}`);
    });
    return flow;
  }

  #receive(flow: Flow, bytes: Buffer): void {
    const { answer, tally } = this.#options;
    const { from } = flow.about;
    const datagram = decodeAddressed(bytes);
    if (datagram === undefined) return;
    const peer = { address: formatAddress(datagram.peer.address), port: datagram.peer.port };
    // A datagram of the other family has no way into an IPv4 or IPv6 socket.
    if (familyOf(peer.address) !== familyOf(from.address)) return;
    if (datagram.kind === 'failure') {
      this.#fail(from, peer, datagram.failure);
      return;
    }
    this.#flows.answered(flow);
    if (answer(peer, from, datagram.payload) === undefined) tally.received++;
    else tally.dropped++;
  }

  /** An ICMP message travels as it was; an errno of the agent's own kernel as the message that says the same. */
  #fail(from: Endpoint, peer: Endpoint, { code, icmp, info }: DatagramFailure): void {
    const { refuse, tally } = this.#options;
    tally.refused++;
    const kind = icmp ? { ...icmp, mtu: info } : icmpKindOf(code, familyOf(peer.address), info);
    refuse(from, peer, kind);
  }
}
