import type { Endpoint } from './endpoint.ts';
import { parseAddress } from './ip-address.ts';

/** What an ICMP or ICMPv6 error says: its type and code, and the MTU where it is one about size. */
export interface IcmpKind {
  readonly type: number;
  readonly code: number;
  readonly mtu: number;
}

const PROTOCOL_ICMP = 1;
const PROTOCOL_UDP = 17;
const PROTOCOL_ICMP6 = 58;
const HEADER_BYTES = { 4: 20, 6: 40 } as const;
const TTL = 64;
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
  const [source, destination] = [parseAddress(from.address), parseAddress(to.address)];
  const family = source.length === 4 ? 4 : 6;
  const header = HEADER_BYTES[family];
  const message = Buffer.alloc(ICMP_HEADER_BYTES + header + UDP_HEADER_BYTES);
  message.writeUInt8(kind.type, 0);
  message.writeUInt8(kind.code, 1);
  message.writeUInt32BE(family === 4 ? Math.min(kind.mtu, 0xffff) : kind.mtu, 4);
  putHeader(message.subarray(ICMP_HEADER_BYTES), {
    ends: [source, destination],
    protocol: PROTOCOL_UDP,
    bytes: UDP_HEADER_BYTES,
  });
  const udp = ICMP_HEADER_BYTES + header;
  message.writeUInt16BE(from.port, udp);
  message.writeUInt16BE(to.port, udp + 2);
  message.writeUInt16BE(UDP_HEADER_BYTES, udp + 4);
  const pseudo = family === 4 ? Buffer.alloc(0) : pseudoHeader(destination, source, message.length);
  message.writeUInt16BE(checksum(Buffer.concat([pseudo, message])), 2);
  const packet = Buffer.concat([Buffer.alloc(header), message]);
  putHeader(packet, {
    ends: [destination, source],
    protocol: family === 4 ? PROTOCOL_ICMP : PROTOCOL_ICMP6,
    bytes: message.length,
  });
  return packet;
}

function putHeader(
  at: Buffer,
  o: {
    readonly ends: readonly [Buffer, Buffer];
    readonly protocol: number;
    readonly bytes: number;
  },
): void {
  const [source, destination] = o.ends;
  if (source.length === 16) {
    at.writeUInt8(0x60, 0);
    at.writeUInt16BE(o.bytes, 4);
    at.writeUInt8(o.protocol, 6);
    at.writeUInt8(TTL, 7);
    source.copy(at, 8);
    destination.copy(at, 24);
    return;
  }
  at.writeUInt8(0x45, 0);
  at.writeUInt16BE(HEADER_BYTES[4] + o.bytes, 2);
  at.writeUInt8(TTL, 8);
  at.writeUInt8(o.protocol, 9);
  source.copy(at, 12);
  destination.copy(at, 16);
  at.writeUInt16BE(checksum(at.subarray(0, HEADER_BYTES[4])), 10);
}

/** RFC 8200 section 8.1. */
function pseudoHeader(source: Buffer, destination: Buffer, bytes: number): Buffer {
  const tail = Buffer.alloc(8);
  tail.writeUInt32BE(bytes, 0);
  tail.writeUInt8(PROTOCOL_ICMP6, 7);
  return Buffer.concat([source, destination, tail]);
}

/** RFC 1071, of an even number of bytes. */
export function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
