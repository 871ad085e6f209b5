import type { Endpoint } from './endpoint.ts';
import { formatAddress } from './ip-address.ts';

/** Bits of `flags`: RFC 9293, 3.1. */
export const TCP_FIN = 1;
export const TCP_SYN = 2;
export const TCP_RST = 4;
export const TCP_ACK = 16;

const PROTOCOL_TCP = 6;
const MIN_TCP_BYTES = 20;
const IPV6_HEADER_BYTES = 40;

/** Offsets and fields of one TCP segment inside of an IP packet. */
export interface TcpSegment {
  readonly family: 4 | 6;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: number;
  /** Start of the TCP header in the packet. */
  readonly header: number;
  /** The payload is `packet.subarray(start, end)`. */
  readonly start: number;
  readonly end: number;
}

/** Where the TCP header starts and the packet ends, by the IP header. */
interface Bounds {
  readonly family: 4 | 6;
  readonly header: number;
  readonly end: number;
}

/**
 * A segment of a packet that starts at its IP header: undefined for anything but a whole TCP header in an unfragmented IPv4 or IPv6
 * packet without extension headers. A packet cut short has a shorter payload.
 */
export function parseTcpSegment(packet: Buffer): TcpSegment | undefined {
  const bounds = parseIp(packet);
  if (bounds === undefined) return undefined;
  const { family, header, end } = bounds;
  if (header + MIN_TCP_BYTES > end) return undefined;
  const headerBytes = (packet.readUInt8(header + 12) >> 4) * 4;
  const start = header + headerBytes;
  if (headerBytes < MIN_TCP_BYTES || start > end) return undefined;
  return {
    family,
    sourcePort: packet.readUInt16BE(header),
    destinationPort: packet.readUInt16BE(header + 2),
    sequence: packet.readUInt32BE(header + 4),
    acknowledgement: packet.readUInt32BE(header + 8),
    flags: packet.readUInt8(header + 13),
    header,
    start,
    end,
  };
}

function parseIp(packet: Buffer): Bounds | undefined {
  if (packet.length < MIN_TCP_BYTES) return undefined;
  const version = packet.readUInt8(0) >> 4;
  if (version === 4) return parseIpv4(packet);
  if (version === 6 && packet.length >= IPV6_HEADER_BYTES) return parseIpv6(packet);
  return undefined;
}

/** RFC 791. A total length of 0 is a packet merged by the kernel (GRO) to more than 64 KiB. */
function parseIpv4(packet: Buffer): Bounds | undefined {
  const header = (packet.readUInt8(0) & 15) * 4;
  const total = packet.readUInt16BE(2);
  const fragment = packet.readUInt16BE(6) & 0x3fff;
  if (header < 20 || fragment !== 0 || packet.readUInt8(9) !== PROTOCOL_TCP) return undefined;
  return { family: 4, header, end: total === 0 ? packet.length : Math.min(total, packet.length) };
}

/** RFC 8200. A payload length of 0 likewise. */
function parseIpv6(packet: Buffer): Bounds | undefined {
  if (packet.readUInt8(6) !== PROTOCOL_TCP) return undefined;
  const payload = packet.readUInt16BE(4);
  const end = payload === 0 ? packet.length : Math.min(IPV6_HEADER_BYTES + payload, packet.length);
  return { family: 6, header: IPV6_HEADER_BYTES, end };
}

export function segmentEndpoints(
  packet: Buffer,
  segment: TcpSegment,
): { from: Endpoint; to: Endpoint } {
  const [first, size] = addressesOf(segment);
  const from = formatAddress(packet.subarray(first, first + size));
  const to = formatAddress(packet.subarray(first + size, first + 2 * size));
  return {
    from: { address: from, port: segment.sourcePort },
    to: { address: to, port: segment.destinationPort },
  };
}

/** Addresses and ports of one direction as a short binary string: a map's key that costs no formatting. */
export function flowKey(packet: Buffer, segment: TcpSegment): string {
  const [first, size] = addressesOf(segment);
  return (
    packet.toString('latin1', first, first + 2 * size) +
    packet.toString('latin1', segment.header, segment.header + 4)
  );
}

function addressesOf(segment: TcpSegment): [first: number, size: number] {
  return segment.family === 4 ? [12, 4] : [8, 16];
}
