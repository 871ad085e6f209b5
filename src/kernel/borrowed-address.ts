import { parseAddress } from './ip-address.ts';
import { AF_INET6 } from './libc.ts';
import {
  encodeAttribute,
  NETLINK_ROUTE,
  NetlinkSocket,
  NLM_F_CREATE,
  NLM_F_EXCL,
  uint32le,
} from './netlink.ts';
import {
  encodeRuleHeader,
  FRA_PRIORITY,
  FRA_TABLE,
  LOOPBACK_INDEX,
  RTM_DELRULE,
  RTM_NEWRULE,
} from './policy-routing.ts';
import { requestChange } from './route-changes.ts';

/** linux/rtnetlink.h, linux/if_addr.h */
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_F_NODAD = 2;
const RT_SCOPE_UNIVERSE = 0;
/** Behind the main table's (32766): a real default route wins. */
const FALLBACK_PREFERENCE = 32_767;

/**
 * Gives this network namespace an IPv6 address of somebody else's on `lo`, and a way for what no route of its own leads to: `table`, which
 * delivers everything locally (policy-routing.ts). Then programs here choose among addresses as its owner's do (RFC 6724), a connect() gets
 * as far as netfilter, and getsockname() tells that address. A table and not a default route through `lo`, which most kernels make one that
 * refuses (net/ipv6/route.c, fib6_nh_init). A KernelError where IPv6 is switched off (`isFamilyOff`).
 */
export function borrowAddress(address: string, table: number): void {
  change(RTM_NEWADDR, encodeAddress(address));
  change(RTM_NEWRULE, encodeFallback(table));
}

/** Takes back what `borrowAddress` gave. */
export function returnAddress(address: string, table: number): void {
  change(RTM_DELRULE, encodeFallback(table));
  change(RTM_DELADDR, encodeAddress(address));
}

function change(type: number, body: Buffer[]): void {
  const isNew = type === RTM_NEWADDR || type === RTM_NEWRULE;
  const socket = new NetlinkSocket(NETLINK_ROUTE);
  try {
    requestChange(socket, type, isNew ? NLM_F_CREATE | NLM_F_EXCL : 0, body);
  } finally {
    socket.close();
  }
}

/** struct ifaddrmsg, then the address twice, as `ip` sends it. */
export function encodeAddress(address: string): Buffer[] {
  const header = Buffer.alloc(8);
  header.writeUInt8(AF_INET6, 0);
  header.writeUInt8(128, 1);
  header.writeUInt8(IFA_F_NODAD, 2);
  header.writeUInt8(RT_SCOPE_UNIVERSE, 3);
  header.writeUInt32LE(LOOPBACK_INDEX, 4);
  const bytes = parseAddress(address);
  return [header, encodeAttribute(IFA_LOCAL, bytes), encodeAttribute(IFA_ADDRESS, bytes)];
}

export function encodeFallback(table: number): Buffer[] {
  return [
    encodeRuleHeader(6, 0),
    encodeAttribute(FRA_PRIORITY, uint32le(FALLBACK_PREFERENCE)),
    encodeAttribute(FRA_TABLE, uint32le(table)),
  ];
}
