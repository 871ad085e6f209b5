import { PacketRing } from '../../src/kernel/packet-ring.ts';
import {
  flowKey,
  parseTcpSegment,
  segmentEndpoints,
  TCP_ACK,
  TCP_FIN,
  TCP_RST,
  TCP_SYN,
} from '../../src/kernel/tcp-packet.ts';
import type { FlowSink } from './mirrored-flow.ts';
import { type NewFlow, Reassembler } from './reassemble.ts';

const SWEEP_MS = 1000;

export interface MirrorOptions {
  readonly ports: readonly number[];
  readonly open: (flow: NewFlow) => FlowSink;
  /** Packets were lost before they were read, since the last call. */
  readonly onLost: (packets: number) => void;
}

/**
 * Copies what clients send to some ports of the target. It is passive: it sees packets that arrive, and nothing that it does, or fails to
 * do, reaches the target or its clients.
 */
export class Mirror {
  readonly #options: MirrorOptions;
  readonly #reassembler: Reassembler;
  readonly #ring: PacketRing;
  readonly #sweeper: NodeJS.Timeout;
  #drops = 0;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#reassembler = new Reassembler({ open: options.open, now: () => performance.now() });
    this.#ring = new PacketRing({
      ports: options.ports,
      onPacket: (packet) => this.#accept(packet),
    });
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
  }

  /** Packets that the kernel had no room for. */
  get drops(): number {
    return this.#ring.drops;
  }

  /** Connections broken by bytes that were not seen. */
  get gaps(): number {
    return this.#reassembler.gaps;
  }

  setPorts(ports: readonly number[]): void {
    this.#ring.setPorts(ports);
    this.#reassembler.keep((key) => ports.includes(portOf(key)));
  }

  close(): void {
    clearInterval(this.#sweeper);
    this.#sweep();
    this.#ring.close();
    this.#reassembler.keep(() => false);
  }

  #accept(packet: Buffer): void {
    const segment = parseTcpSegment(packet);
    if (segment === undefined) return;
    const { flags } = segment;
    this.#reassembler.accept({
      key: `${segment.destinationPort} ${flowKey(packet, segment)}`,
      sequence: segment.sequence,
      acknowledgement: segment.acknowledgement,
      payload: packet.subarray(segment.start, segment.end),
      syn: (flags & (TCP_SYN | TCP_ACK)) === TCP_SYN,
      fin: (flags & TCP_FIN) !== 0,
      reset: (flags & TCP_RST) !== 0,
      endpoints: () => segmentEndpoints(packet, segment),
    });
  }

  #sweep(): void {
    this.#reassembler.sweep();
    const { drops } = this.#ring;
    if (drops > this.#drops) this.#options.onLost(drops - this.#drops);
    this.#drops = drops;
  }
}

/** The key begins with the port. */
function portOf(key: string): number {
  return Number.parseInt(key, 10);
}
