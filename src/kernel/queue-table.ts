export interface QueueTableOptions {
  readonly name: string;
  /** Packets that leave with this mark are queued; another table sets it, at a priority below `priority`. */
  readonly mark: number;
  readonly queue: number;
  /** Priority of the output chain, default -151. */
  readonly priority?: number;
}

/** Which of the kernel's two ways to queue was found. */
export type QueueMeans = 'nft queue' | 'xt NFQUEUE';

/**
 * The rule that sends marked packets to an NFQUEUE, in a table of its own that dies with this process. Probes the kernel: nft's own
 * `queue`, else xt's NFQUEUE inside of nftables. A KernelError ENOTSUP where there is neither.
 */
export declare class QueueTable {
  constructor(options: QueueTableOptions);
  readonly means: QueueMeans;
  /** Idempotent. */
  close(): void;
}
