export interface GuardOptions {
  readonly name: string;
  /** Marks with which packets may leave. */
  readonly marks: readonly number[];
  /** Networks (CIDR or address) that are always reachable, beside loopback, link-local and multicast. */
  readonly local4: readonly string[];
  readonly local6: readonly string[];
}

/**
 * An nft script for `NftTable.run`: a table *without* owner, so that it outlives the process. What would leave the namespace without
 * one of the marks and is no answer to an incoming connection is rejected (EHOSTUNREACH / EACCES at the sender), never let out.
 */
export declare function renderGuard(options: GuardOptions): string;
