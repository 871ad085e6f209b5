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
import { PASSED_ON } from './rules.ts';

const SWEEP_MS = 1000;

export interface MirrorOptions {
  readonly ports: readonly number[];
  readonly open: (flow: NewFlow) => FlowSink;
  /** Something is missing from the copies, in words. */
  readonly onLost: (text: string) => void;
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
  readonly #told = { drops: 0, gaps: 0, refused: 0 };

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#reassembler = new Reassembler({ open: options.open, now: () => performance.now() });
    this.#ring = new PacketRing({
      ports: options.ports,
      // It was seen when it came from its client.
      leaveOut: PASSED_ON,
      onPacket: (packet) => this.#accept(packet),
    });
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
  }

  /** Packets that the kernel had no room for. */
  get drops(): number {
    return this.#ring.drops;
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
    const { gaps, refused } = this.#reassembler;
    this.#tell('drops', this.#ring.drops, 'packets were lost before the mirror could copy them');
    this.#tell('gaps', gaps, 'mirrored connections were broken off: bytes were not seen');
    this.#tell('refused', refused, 'connections were not mirrored: too many at once');
  }

  /** What has come since the last time. */
  #tell(what: 'drops' | 'gaps' | 'refused', now: number, words: string): void {
    const count = now - this.#told[what];
    this.#told[what] = now;
    if (count > 0) this.#options.onLost(`${count} ${words}`);
  }
}

/** The key begins with the port. */
function portOf(key: string): number {
  return Number.parseInt(key, 10);
}
