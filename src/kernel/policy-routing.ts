export interface PolicyRoutingOptions {
  /** Packets with this mark are delivered locally, whatever their destination (TPROXY). */
  readonly mark: number;
  /** Routing table and rule preference to use; the preference below it (`preference - 1`) is taken too. */
  readonly table: number;
  readonly preference: number;
}

/** What `ip rule` and `ip route` would do for transparent proxying, through rtnetlink. */
export declare class PolicyRouting {
  constructor(options: PolicyRoutingOptions);
  /** False where the namespace has IPv6 switched off. */
  readonly ipv6: boolean;
  /** Removes what was added. Idempotent. */
  close(): void;
}

/** Where a family has no default route, adds one through `lo` with metric 9999: without any route connect() fails before netfilter sees a packet. */
export declare function addFallbackDefaultRoutes(): void;
