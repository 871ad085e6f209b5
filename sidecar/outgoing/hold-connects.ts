import type { Endpoint } from '../../src/kernel/endpoint.ts';
import type { QueuedPacket, Verdict } from '../../src/kernel/nfqueue.ts';
import { parseTcpSegment, segmentEndpoints } from '../../src/kernel/tcp-packet.ts';
import type { Journal } from '../../src/runtime/journal.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';
import type { AgentLink } from '../link/agent-link.ts';
import { MARKS } from '../network-plan.ts';
import type { Tally } from '../status/tally.ts';
import { isConnecting } from './connecting-sockets.ts';
import { judgeDial, NET_UNREACHABLE, type SynVerdict } from './judge-dial.ts';

/** Connects that may wait for the agent at once. A further SYN is dropped and comes again after a second. */
const HELD_MAX = 4096;
/** After the verdict the connection reaches our listener at once, or the service has closed its socket. */
const PAIR_MS = 5_000;
/** A dial that takes longer is checked for whether the service still waits for it. */
const SLOW_DIAL_MS = 1_000;
/** A link that is away for longer counts as no network at all. */
export const LINK_PATIENCE_MS = 10_000;

const CARRY: SynVerdict = { verdict: 'accept', mark: MARKS.carry };
const DROP: SynVerdict = { verdict: 'drop' };
const LEAVE: SynVerdict = { verdict: 'accept', mark: MARKS.own };

export interface HoldOptions {
  readonly link: Pick<AgentLink, 'mux' | 'state' | 'downMs'>;
  readonly verdict: (id: number, verdict: Verdict, mark?: number) => void;
  /** The sockets of this namespace, as `readSockets` gives them. */
  readonly sockets: () => Promise<Buffer>;
  /** Whether something in this namespace listens on a TCP port. */
  readonly isTaken: (port: number) => boolean;
  readonly tally: Tally['outgoing'];
  readonly journal: Pick<Journal, 'problem'>;
}

interface Held {
  readonly key: string;
  readonly packetId: number;
  /** The SYN's: another one under the same ports is another connect(). */
  readonly sequence: number;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly stream: MuxStream;
  sinceMs: number;
  state: 'dialling' | 'dialled';
}

/**
 * The service's connects between their SYN and our listener. A SYN waits in the kernel while the agent dials; then it goes
 * on to the listener, or is answered with the agent's errno.
 *
 * Ways for a held connect to end: dialled, and taken by the listener; dialled, but the service is gone (PAIR_MS); refused
 * by the agent, or by the link's absence; given up by the service, seen by its socket's state or a new SYN of the same
 * ports; the mux closes. In each the stream is reset or handed over, and the packet gets exactly one verdict.
 */
export class HeldConnects {
  readonly #options: HoldOptions;
  readonly #held = new Map<string, Held>();

  constructor(options: HoldOptions) {
    this.#options = options;
  }

  get dialling(): number {
    let count = 0;
    for (const { state } of this.#held.values()) if (state === 'dialling') count++;
    return count;
  }

  /** A SYN left the service. */
  hold(packet: QueuedPacket): void {
    const verdict = this.#receive(packet);
    if (verdict) this.#judge(packet.id, verdict);
  }

  /** The stream of a connection that reached the listener; undefined where none was dialled for it. */
  take(from: Endpoint, to: Endpoint): MuxStream | undefined {
    const held = this.#held.get(flowKey(from, to));
    if (held?.state !== 'dialled') return undefined;
    this.#held.delete(held.key);
    return held.stream;
  }

  /** Ends what nobody waits for any more; call it every second. */
  async sweep(nowMs: number): Promise<void> {
    const slow = [...this.#held.values()].filter((held) => this.#isSlow(held, nowMs));
    if (slow.length === 0) return;
    const sockets = await this.#options.sockets();
    for (const held of slow) {
      if (held.state === 'dialled' || this.#held.get(held.key) !== held) continue;
      if (!isConnecting(sockets, held.from, held.to)) this.#cancel(held);
    }
  }

  /** Drops every held packet and resets its stream. */
  close(): void {
    for (const held of [...this.#held.values()]) this.#cancel(held);
  }

  /** The verdict, or undefined where the packet is held. */
  #receive(packet: QueuedPacket): SynVerdict | undefined {
    const segment = parseTcpSegment(packet.payload);
    if (segment === undefined) return DROP;
    const { from, to } = segmentEndpoints(packet.payload, segment);
    const key = flowKey(from, to);
    const earlier = this.#held.get(key);
    if (earlier?.sequence === segment.sequence) {
      // Sent again: while we dial the first one stands for it; after the verdict our listener may have missed it.
      return earlier.state === 'dialled' ? CARRY : DROP;
    }
    if (earlier) this.#cancel(earlier);
    if (this.#held.size >= HELD_MAX) return DROP;
    if (isLoopback(to.address) && this.#options.isTaken(to.port)) return this.#leave(to);
    return this.#dial({ key, packetId: packet.id, sequence: segment.sequence, from, to });
  }

  /** A port of the pod's loopback on which the service itself listens: that is reached, and said. */
  #leave({ port }: Endpoint): SynVerdict {
    const why =
      'something in the service’s network listens on it, and is reached instead of the pod';
    this.#options.journal.problem('outgoing', `port ${port} of loopback: ${why}`);
    return LEAVE;
  }

  #dial(syn: Omit<Held, 'stream' | 'sinceMs' | 'state'>): SynVerdict | undefined {
    const { link } = this.#options;
    const { mux } = link;
    if (this.#isHopeless()) return this.#refuse(syn.to, 'no link to the agent', NET_UNREACHABLE);
    let stream: MuxStream;
    try {
      stream = mux.open({ kind: 'outgoing.tcp', to: syn.to });
    } catch (error) {
      const code = codeOf(error);
      return this.#refuse(syn.to, code, code === 'EPIPE' ? NET_UNREACHABLE : judgeDial(code));
    }
    stream.on('error', () => undefined); // seen by `accepted` before it is taken, by the relay behind
    const held: Held = { ...syn, stream, sinceMs: performance.now(), state: 'dialling' };
    this.#held.set(syn.key, held);
    stream.accepted.then(
      () => this.#dialled(held),
      (error: unknown) => {
        const isLinkGone = link.mux !== mux || link.state === 'closed';
        const code = codeOf(error);
        if (isLinkGone) this.#failed(held, code, NET_UNREACHABLE);
        // It was connected, for a moment: the service sees the same. The listener resets what it takes for a dead stream.
        else if (code === 'ECONNRESET') this.#dialled(held);
        else this.#failed(held, code, judgeDial(code));
      },
    );
    return undefined;
  }

  #dialled(held: Held): void {
    if (this.#held.get(held.key) !== held) return;
    held.state = 'dialled';
    held.sinceMs = performance.now();
    this.#judge(held.packetId, CARRY);
  }

  #failed(held: Held, why: string, verdict: SynVerdict): void {
    if (this.#held.get(held.key) !== held) return;
    this.#held.delete(held.key);
    this.#judge(held.packetId, this.#refuse(held.to, why, verdict));
  }

  #refuse(to: Endpoint, why: string, verdict: SynVerdict): SynVerdict {
    const { tally, journal } = this.#options;
    tally.failed++;
    journal.problem('outgoing', `${to.address}:${to.port}: ${why}`);
    return verdict;
  }

  /** The service does not wait any more. */
  #cancel(held: Held): void {
    this.#held.delete(held.key);
    held.stream.reset('ECANCELED');
    if (held.state === 'dialling') this.#judge(held.packetId, DROP);
  }

  /** Ends a held connect whose time is over; answers whether it is a dial that the service may have given up. */
  #isSlow(held: Held, nowMs: number): boolean {
    const ageMs = nowMs - held.sinceMs;
    if (held.state === 'dialled') {
      if (ageMs > PAIR_MS) this.#cancel(held);
      return false;
    }
    if (!this.#isHopeless()) return ageMs > SLOW_DIAL_MS;
    this.#failed(held, 'no link to the agent', NET_UNREACHABLE);
    held.stream.reset('ECANCELED');
    return false;
  }

  #isHopeless(): boolean {
    return this.#options.link.downMs > LINK_PATIENCE_MS;
  }

  #judge(id: number, verdict: SynVerdict): void {
    const mark = verdict.verdict === 'accept' ? verdict.mark : undefined;
    this.#options.verdict(id, verdict.verdict, mark);
  }
}

/** Only what the settings name of loopback is held (local-rules.ts). */
function isLoopback(address: string): boolean {
  return address === '127.0.0.1' || address === '::1';
}

/** By the whole 4-tuple: the service may use one port towards several destinations. */
function flowKey(from: Endpoint, to: Endpoint): string {
  return `${from.port} ${from.address} ${to.port} ${to.address}`;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'EIO';
}
