export interface QueuedPacket {
  readonly id: number;
  readonly mark: number;
  /** User of the socket that sent it, where the kernel says so. */
  readonly uid: number | undefined;
  /** The packet from its IP header on, cut to the copy range; valid only during the callback. */
  readonly payload: Buffer;
}

export type Verdict = 'accept' | 'drop';

/** Reads one NFQUEUE. Each packet waits in the kernel until its verdict. */
export declare class PacketQueue {
  constructor(queue: number, onPacket: (packet: QueuedPacket) => void);
  /** `mark` replaces the packet's mark, and with it its route. Answers false where the kernel no longer holds the packet. */
  verdict(id: number, verdict: Verdict, mark?: number): boolean;
  /** Idempotent. What is still held is dropped by the kernel. */
  close(): void;
}
