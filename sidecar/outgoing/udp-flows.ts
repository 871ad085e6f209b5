import type { Endpoint } from '../../src/kernel/endpoint.ts';
import { type IcmpKind, icmpKindOf } from '../../src/kernel/icmp-error.ts';
import { formatAddress, parseAddress } from '../../src/kernel/ip-address.ts';
import {
  type DatagramFailure,
  decodeAddressed,
  encodeData,
} from '../../src/protocol/addressed-datagram.ts';
import type { Journal } from '../../src/runtime/journal.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';
import type { AgentLink } from '../link/agent-link.ts';
import type { Tally } from '../status/tally.ts';
import { LINK_PATIENCE_MS } from './hold-connects.ts';

/** Sockets of the service that speak through the agent at once; of one more the one that was silent longest is forgotten. */
export const FLOWS_MAX = 1024;
/** A socket that nobody answered, or that has been answered, is forgotten after such a silence: twice what conntrack allows at the least. */
const SILENT_MS = 60_000;
const ANSWERED_SILENT_MS = 120_000;

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

interface Flow {
  readonly key: string;
  /** The service's socket. */
  readonly from: Endpoint;
  readonly stream: MuxStream;
  lastMs: number;
  isAnswered: boolean;
}

/**
 * The service's UDP sockets, each with a stream to a socket of the agent's that stands for it in the pod. By socket and not by
 * destination: a pod's socket has one port towards all its peers, and so has this.
 *
 * Ways for a flow to end: silence; too many others that spoke later; the agent refuses or loses its socket; the link's end. The next
 * datagram of the same socket begins another.
 */
export class UdpFlows {
  readonly #options: UdpFlowsOptions;
  readonly #flows = new Map<string, Flow>();

  constructor(options: UdpFlowsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#flows.size;
  }

  /** The service sent a datagram. Its bytes are copied. */
  send(from: Endpoint, to: Endpoint, payload: Buffer): void {
    const { link, refuse, tally, now } = this.#options;
    if (link.downMs > LINK_PATIENCE_MS) {
      tally.dropped++;
      refuse(from, to, icmpKindOf('ENETUNREACH', familyOf(to), 0));
      return;
    }
    const key = `${from.port} ${from.address}`;
    const flow = this.#flows.get(key) ?? this.#open(key, from);
    if (flow === undefined) {
      tally.dropped++;
      return;
    }
    flow.lastMs = now();
    const peer = { address: parseAddress(to.address), port: to.port };
    const dropped = flow.stream.sendDatagram(encodeData(peer, payload));
    // Older ones that were dropped for it have been counted as sent.
    tally.sent += 1 - dropped;
    tally.dropped += dropped;
  }

  /** Forgets what has been silent for too long; call it every second. */
  sweep(): void {
    const nowMs = this.#options.now();
    for (const flow of this.#flows.values()) {
      const allowedMs = flow.isAnswered ? ANSWERED_SILENT_MS : SILENT_MS;
      if (nowMs - flow.lastMs > allowedMs) this.#forget(flow);
    }
  }

  close(): void {
    for (const flow of this.#flows.values()) this.#forget(flow);
  }

  #open(key: string, from: Endpoint): Flow | undefined {
    const { link, now, journal } = this.#options;
    if (this.#flows.size >= FLOWS_MAX) this.#forgetOldest();
    let stream: MuxStream;
    try {
      stream = link.mux.open({ kind: 'outgoing.udp' });
    } catch (error) {
      journal.problem('udp', error instanceof Error ? error.message : String(error));
      return undefined;
    }
    const flow: Flow = { key, from, stream, lastMs: now(), isAnswered: false };
    this.#flows.set(key, flow);
    stream.resume();
    stream.onDatagram = (bytes) => this.#receive(flow, bytes);
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#flows.get(key) === flow) journal.problem('udp', `the agent: ${error.code}`);
    });
    stream.once('close', () => {
      if (this.#flows.get(key) === flow) this.#flows.delete(key);
    });
    return flow;
  }

  #receive(flow: Flow, bytes: Buffer): void {
    const { answer, tally, now } = this.#options;
    const datagram = decodeAddressed(bytes);
    if (datagram === undefined) return;
    const peer = { address: formatAddress(datagram.peer.address), port: datagram.peer.port };
    // A datagram of the other family has no way into an IPv4 or IPv6 socket.
    if (familyOf(peer) !== familyOf(flow.from)) return;
    if (datagram.kind === 'failure') {
      this.#fail(flow, peer, datagram.failure);
      return;
    }
    flow.lastMs = now();
    flow.isAnswered = true;
    if (answer(peer, flow.from, datagram.payload) === undefined) tally.received++;
    else tally.dropped++;
  }

  /** An ICMP message travels as it was; an errno of the agent's own kernel as the message that says the same. */
  #fail(flow: Flow, peer: Endpoint, { code, icmp, info }: DatagramFailure): void {
    const { refuse, tally } = this.#options;
    tally.refused++;
    const kind = icmp ? { ...icmp, mtu: info } : icmpKindOf(code, familyOf(peer), info);
    refuse(flow.from, peer, kind);
  }

  #forgetOldest(): void {
    let oldest: Flow | undefined;
    for (const flow of this.#flows.values()) {
      if (oldest === undefined || flow.lastMs < oldest.lastMs) oldest = flow;
    }
    if (oldest === undefined) return;
    this.#options.journal.problem('udp', `more than ${FLOWS_MAX} sockets: the oldest is forgotten`);
    this.#forget(oldest);
  }

  #forget(flow: Flow): void {
    this.#flows.delete(flow.key);
    flow.stream.reset('ECANCELED');
  }
}

function familyOf({ address }: Endpoint): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}
