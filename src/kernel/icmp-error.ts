import type { Endpoint } from './endpoint.ts';
import {
  checksum,
  familyOfHeader,
  IP_HEADER_BYTES,
  ipEnds,
  pseudoChecksum,
  putIpHeader,
} from './ip-header.ts';

/** What an ICMP or ICMPv6 error says: its type and code, and the MTU where it is one about size. */
export interface IcmpKind {
  readonly type: number;
  readonly code: number;
  readonly mtu: number;
}

const PROTOCOL_ICMP = 1;
const PROTOCOL_UDP = 17;
const PROTOCOL_ICMP6 = 58;
const ICMP_HEADER_BYTES = 8;
const UDP_HEADER_BYTES = 8;
const DESTINATION_UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;
const UNREACHABLE6 = 1;
const TOO_BIG6 = 2;
const NO_ROUTE6 = 0;
/** EHOSTUNREACH, and whatever has no code of its own. */
const HOST_PROHIBITED = 10;
const ADDRESS_UNREACHABLE6 = 3;

/**
 * The message that makes a Linux socket fail with an errno that another machine's send() answered (net/ipv4/icmp.c, icmp_err_convert;
 * net/ipv6/icmp.c, tab_unreach). Of several codes for one errno those are taken that the kernel calls fatal: a plain connected
 * socket is told of no others, and the errno was final where it was met.
 */
const KINDS4: Readonly<Record<string, number>> = {
  ECONNREFUSED: 3,
  EMSGSIZE: FRAGMENTATION_NEEDED,
  ENETUNREACH: 9,
  ENETDOWN: 9,
};
const KINDS6: Readonly<Record<string, number>> = {
  ECONNREFUSED: 4,
  EACCES: 1,
  EPERM: 1,
  ENETUNREACH: NO_ROUTE6,
  ENETDOWN: NO_ROUTE6,
};

export function icmpKindOf(errno: string, family: 4 | 6, mtu: number): IcmpKind {
  if (family === 6 && errno === 'EMSGSIZE') return { type: TOO_BIG6, code: 0, mtu };
  const kinds = family === 4 ? KINDS4 : KINDS6;
  const code = kinds[errno] ?? (family === 4 ? HOST_PROHIBITED : ADDRESS_UNREACHABLE6);
  return { type: family === 4 ? DESTINATION_UNREACHABLE : UNREACHABLE6, code, mtu };
}

/**
 * A whole IP packet (RFC 792, RFC 4443) from `to` that says what became of a UDP datagram from `from` to `to`, with as much of that
 * datagram as a kernel needs to find its socket: the two headers.
 */
export function encodeIcmpError({
  from,
  to,
  kind,
}: {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly kind: IcmpKind;
}): Buffer {
  const sent = { ...ipEnds(from.address, to.address), protocol: PROTOCOL_UDP };
  const family = familyOfHeader(sent);
  const headerBytes = IP_HEADER_BYTES[family];
  const udp = ICMP_HEADER_BYTES + headerBytes;
  const packet = Buffer.alloc(headerBytes + udp + UDP_HEADER_BYTES);
  const message = packet.subarray(headerBytes);
  message.writeUInt8(kind.type, 0);
  message.writeUInt8(kind.code, 1);
  message.writeUInt32BE(family === 4 ? Math.min(kind.mtu, 0xffff) : kind.mtu, 4);
  putIpHeader(message.subarray(ICMP_HEADER_BYTES), { ...sent, bytes: UDP_HEADER_BYTES });
  message.writeUInt16BE(from.port, udp);
  message.writeUInt16BE(to.port, udp + 2);
  message.writeUInt16BE(UDP_HEADER_BYTES, udp + 4);
  const header = {
    source: sent.destination,
    destination: sent.source,
    protocol: family === 4 ? PROTOCOL_ICMP : PROTOCOL_ICMP6,
    bytes: message.length,
  };
  const sum = family === 4 ? checksum(message) : pseudoChecksum(header, message);
  message.writeUInt16BE(sum, 2);
  putIpHeader(packet, header);
  return packet;
}
