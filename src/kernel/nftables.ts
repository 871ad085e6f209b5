/**
 * One nftables table of the `inet` family with `flags owner`, held by a libnftables context of this process, in the network
 * namespace in which it was made: the kernel removes it when the process ends, however it ends.
 */
export declare class NftTable {
  constructor(name: string);
  readonly name: string;
  /** Replaces the whole content (chains and sets, as in `table inet NAME { … }`) in one transaction. */
  replace(content: string): void;
  /** Runs any nft commands, e.g. `add element inet NAME set { … }`, as one transaction; answers what nft printed. Throws with nft's own words. */
  run(script: string): string;
  /** Removes the table now. Idempotent. */
  close(): void;
}
