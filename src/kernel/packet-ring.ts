import {
  AF_PACKET,
  assertLittleEndian,
  getOption,
  libc,
  type Mapping,
  mapShared,
  openSocket,
  SOCK_DGRAM,
  SOL_PACKET,
  setIntOption,
  setOption,
  unmap,
} from './libc.ts';
import { encodePortFilter, type MarkedPackets } from './packet-filter.ts';
import { attachFilter, bindToAll, PACKET_STATISTICS } from './packet-socket.ts';
import { pollReadable } from './poll.ts';
import { readBlock } from './ring-block.ts';

/** linux/if_packet.h */
const PACKET_RX_RING = 5;
const PACKET_VERSION = 10;
const TPACKET_V3 = 2;
const TP_STATUS_KERNEL = 0;
const TP_STATUS_USER = 1;
/** struct tpacket_block_desc: behind its version and the offset of its private part. */
const STATUS_AT = 8;

/** 32 MiB hold a quarter of a second at 1 Gbit/s: as long as the main loop may be busy elsewhere without a loss. */
const BLOCK_BYTES = 1 << 20;
const BLOCKS = 32;
/** The kernel checks that this divides a block, and packs packets of any size behind each other all the same. */
const FRAME_BYTES = 1 << 17;
/** A block that is not full is handed over after this time: the delay of a copied packet, and the wakeups while few come. */
const RETIRE_MS = 4;

export interface PacketRingOptions {
  /** TCP destination ports to see. */
  readonly ports: readonly number[];
  /** What is not to be seen of them. */
  readonly leaveOut?: MarkedPackets;
  /** A packet from its IP header on, incoming only; valid only during the callback. May be larger than any MTU (GRO). */
  readonly onPacket: (packet: Buffer) => void;
}

/**
 * Copies of the packets that arrive in the network namespace in which it is made, on any interface, loopback included. The kernel writes
 * them into memory that it shares with this process (TPACKET_V3); a packet that finds no room is counted in `drops`, and passes unharmed.
 * Needs NET_RAW; throws a KernelError.
 */
export class PacketRing {
  readonly #fd: number;
  readonly #mapping: Mapping;
  readonly #onPacket: (packet: Buffer) => void;
  readonly #leaveOut: MarkedPackets | undefined;
  /** The whole ring as words, for the status of each block. */
  readonly #words: Int32Array;
  readonly #stopPolling: () => void;
  readonly #counted = { packets: 0, drops: 0 };
  #current = 0;
  #reading = false;
  #open = true;

  constructor(options: PacketRingOptions) {
    assertLittleEndian();
    this.#onPacket = options.onPacket;
    this.#leaveOut = options.leaveOut;
    const { fd, mapping } = openRing(options);
    this.#fd = fd;
    this.#mapping = mapping;
    this.#words = new Int32Array(mapping.bytes.buffer);
    try {
      this.#stopPolling = pollReadable(fd, () => this.#read());
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  /** Packets that passed the filter so far, lost ones included. */
  get packets(): number {
    this.#count();
    return this.#counted.packets;
  }

  /** Those of them that were lost because the ring was full. */
  get drops(): number {
    this.#count();
    return this.#counted.drops;
  }

  /** Replaces the filter atomically. Packets of the former ports may still lie in the ring. */
  setPorts(ports: readonly number[]): void {
    if (this.#open) attachFilter(this.#fd, encodePortFilter(ports, this.#leaveOut));
  }

  /** Idempotent; allowed inside of `onPacket`. */
  close(): void {
    if (!this.#open) return;
    this.#count();
    this.#open = false;
    this.#stopPolling();
    if (!this.#reading) this.#release();
  }

  /** One block a turn of the loop: what it held can be sent on before the next one, also when the ring was full. */
  #read(): void {
    this.#reading = true;
    try {
      if (this.#isReady()) this.#readOne();
    } finally {
      this.#reading = false;
      if (!this.#open) this.#release();
    }
  }

  /** Atomics order this against the accesses to the packets, as the kernel's own barriers do. */
  #isReady(): boolean {
    return (Atomics.load(this.#words, this.#statusIndex()) & TP_STATUS_USER) !== 0;
  }

  #readOne(): void {
    const start = this.#current * BLOCK_BYTES;
    try {
      readBlock(this.#mapping.bytes.subarray(start, start + BLOCK_BYTES), (packet) => {
        if (this.#open) this.#onPacket(packet);
      });
    } finally {
      Atomics.store(this.#words, this.#statusIndex(), TP_STATUS_KERNEL);
      this.#current = (this.#current + 1) % BLOCKS;
    }
  }

  #statusIndex(): number {
    return (this.#current * BLOCK_BYTES + STATUS_AT) / 4;
  }

  /** struct tpacket_stats_v3; reading resets it. */
  #count(): void {
    if (!this.#open) return;
    const o = { fd: this.#fd, level: SOL_PACKET, option: PACKET_STATISTICS, capacity: 12 };
    const bytes = getOption(o);
    this.#counted.packets += bytes.readUInt32LE(0);
    this.#counted.drops += bytes.readUInt32LE(4);
  }

  #release(): void {
    unmap(this.#mapping);
    libc.close(this.#fd);
  }
}

interface SeenPackets {
  readonly ports: readonly number[];
  readonly leaveOut?: MarkedPackets | undefined;
}

/** Protocol 0 receives nothing: no packet comes in before filter and ring are there, and bind() names the protocol. */
function openRing(seen: SeenPackets): { fd: number; mapping: Mapping } {
  const fd = openSocket({ domain: AF_PACKET, type: SOCK_DGRAM, protocol: 0 }, (opened) => {
    attachFilter(opened, encodePortFilter(seen.ports, seen.leaveOut));
    setIntOption(opened, SOL_PACKET, PACKET_VERSION, TPACKET_V3);
    setOption({ fd: opened, level: SOL_PACKET, option: PACKET_RX_RING, value: encodeRequest() });
    bindToAll(opened);
  });
  try {
    return { fd, mapping: mapShared(fd, BLOCK_BYTES * BLOCKS) };
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** struct tpacket_req3 */
function encodeRequest(): Buffer {
  const request = Buffer.alloc(28);
  const frames = (BLOCK_BYTES / FRAME_BYTES) * BLOCKS;
  [BLOCK_BYTES, BLOCKS, FRAME_BYTES, frames, RETIRE_MS].forEach((value, at) => {
    request.writeUInt32LE(value, at * 4);
  });
  return request;
}
