export interface PacketRingOptions {
  /** TCP destination ports to see. */
  readonly ports: readonly number[];
  /** A packet from its IP header on, incoming only; valid only during the callback. May be larger than any MTU (GRO). */
  readonly onPacket: (packet: Buffer) => void;
}

/** Copies of the packets that arrive in this network namespace, on any interface, loopback included. */
export declare class PacketRing {
  constructor(options: PacketRingOptions);
  /** Packets that passed the filter so far, and those of them lost because the ring was full. */
  readonly packets: number;
  readonly drops: number;
  /** Replaces the filter atomically. */
  setPorts(ports: readonly number[]): void;
  /** Idempotent. */
  close(): void;
}
