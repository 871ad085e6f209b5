import { AF_INET, AF_INET6 } from './libc.ts';
import {
  encodeAttribute,
  NETLINK_ROUTE,
  NetlinkSocket,
  NLM_F_CREATE,
  NLM_F_EXCL,
  uint32le,
} from './netlink.ts';
import { isFamilyOff, requestChange } from './route-changes.ts';

/** linux/rtnetlink.h, linux/fib_rules.h */
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
export const RTM_NEWRULE = 32;
export const RTM_DELRULE = 33;
const RT_TABLE_MAIN = 254;
const RTPROT_STATIC = 4;
const RT_SCOPE_LINK = 253;
const RT_SCOPE_HOST = 254;
const RTN_UNICAST = 1;
const RTN_LOCAL = 2;
const RTA_OIF = 4;
const RTA_PRIORITY = 6;
const RTA_TABLE = 15;
const FRA_SRC = 2;
export const FRA_PRIORITY = 6;
const FRA_FWMARK = 10;
export const FRA_TABLE = 15;
const FR_ACT_TO_TBL = 1;
/** `lo` is the first device of every network namespace. */
export const LOOPBACK_INDEX = 1;
const FALLBACK_METRIC = 9999;

type Family = 4 | 6;

export interface PolicyRoutingOptions {
  /** Packets with this mark are delivered locally, whatever their destination. */
  readonly mark: number;
  readonly table: number;
  /** Preference of the mark's rule; the rule for answers from loopback addresses takes the one below it. */
  readonly preference: number;
}

interface Change {
  readonly type: number;
  readonly undo: number;
  readonly body: readonly Buffer[];
}

/**
 * The routing that transparent proxying needs, as `ip` would make it, for both families:
 *
 *     ip rule add fwmark MARK lookup TABLE pref PREFERENCE      packets given to a TPROXY listener
 *     ip rule add from 127.0.0.0/8 lookup TABLE pref …-1        answers of a loopback-only service to a client's foreign address
 *     ip route add local default dev lo table TABLE
 *
 * What an earlier process left is taken over. Throws a KernelError; only IPv6 may be missing.
 */
export class PolicyRouting {
  /** False where the namespace has IPv6 switched off. */
  readonly ipv6: boolean;
  readonly #socket = new NetlinkSocket(NETLINK_ROUTE);
  readonly #changes: Change[] = [];
  #open = true;

  constructor(options: PolicyRoutingOptions) {
    try {
      for (const change of transparentChanges(4, options)) this.#apply(change);
      this.ipv6 = this.#applyIpv6(transparentChanges(6, options));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Removes rules and routes again. Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const change of this.#changes.reverse())
      requestChange(this.#socket, change.undo, 0, change.body);
    this.#socket.close();
  }

  #apply(change: Change): void {
    requestChange(this.#socket, change.type, NLM_F_CREATE | NLM_F_EXCL, change.body);
    this.#changes.push(change);
  }

  #applyIpv6(changes: Change[]): boolean {
    try {
      for (const change of changes) this.#apply(change);
      return true;
    } catch (error) {
      if (isFamilyOff(error)) return false;
      throw error;
    }
  }
}

/**
 * Adds an IPv4 default route of the worst metric through `lo`: where a namespace has none of its own, connect() would fail before
 * netfilter sees a packet. A real default route wins.
 */
export function addFallbackDefaultRoute(): void {
  const socket = new NetlinkSocket(NETLINK_ROUTE);
  try {
    requestChange(socket, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, fallbackRoute());
  } finally {
    socket.close();
  }
}

export function transparentChanges(family: Family, o: PolicyRoutingOptions): Change[] {
  const rule = (preference: number, sourceBits: number, match: Buffer): Change => ({
    type: RTM_NEWRULE,
    undo: RTM_DELRULE,
    body: [
      encodeRuleHeader(family, sourceBits),
      match,
      encodeAttribute(FRA_PRIORITY, uint32le(preference)),
      encodeAttribute(FRA_TABLE, uint32le(o.table)),
    ],
  });
  const loopback =
    family === 4 ? Buffer.from([127, 0, 0, 0]) : Buffer.from(`${'00'.repeat(15)}01`, 'hex');
  return [
    {
      type: RTM_NEWROUTE,
      undo: RTM_DELROUTE,
      body: [
        routeHeader({ family, table: 0, scope: RT_SCOPE_HOST, kind: RTN_LOCAL }),
        encodeAttribute(RTA_TABLE, uint32le(o.table)),
        encodeAttribute(RTA_OIF, uint32le(LOOPBACK_INDEX)),
      ],
    },
    rule(o.preference, 0, encodeAttribute(FRA_FWMARK, uint32le(o.mark))),
    rule(o.preference - 1, family === 4 ? 8 : 128, encodeAttribute(FRA_SRC, loopback)),
  ];
}

function fallbackRoute(): Buffer[] {
  return [
    routeHeader({ family: 4, table: RT_TABLE_MAIN, scope: RT_SCOPE_LINK, kind: RTN_UNICAST }),
    encodeAttribute(RTA_OIF, uint32le(LOOPBACK_INDEX)),
    encodeAttribute(RTA_PRIORITY, uint32le(FALLBACK_METRIC)),
  ];
}

/** struct fib_rule_hdr; the table comes as an attribute, which holds more than a byte. */
export function encodeRuleHeader(family: Family, sourceBits: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(familyNumber(family), 0);
  header.writeUInt8(sourceBits, 2);
  header.writeUInt8(FR_ACT_TO_TBL, 7);
  return header;
}

/** struct rtmsg, for a default route. */
function routeHeader(o: { family: Family; table: number; scope: number; kind: number }): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(familyNumber(o.family), 0);
  header.writeUInt8(o.table, 4);
  header.writeUInt8(RTPROT_STATIC, 5);
  header.writeUInt8(o.scope, 6);
  header.writeUInt8(o.kind, 7);
  return header;
}

function familyNumber(family: Family): number {
  return family === 4 ? AF_INET : AF_INET6;
}
