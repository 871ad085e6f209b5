import type { Endpoint } from './endpoint.ts';
import { formatAddress } from './ip-address.ts';
import {
  familyOfHeader,
  IP_HEADER_BYTES,
  ipEnds,
  pseudoChecksum,
  putIpHeader,
} from './ip-header.ts';

const PROTOCOL_UDP = 17;
const UDP_HEADER_BYTES = 8;

export interface UdpPacket {
  readonly from: Endpoint;
  readonly to: Endpoint;
  /** A part of the packet. */
  readonly payload: Buffer;
}

/**
 * The datagrams of a packet that starts at its IP header: one, or several of `segmentBytes` each where the kernel had not cut
 * them apart yet (GSO). `fragment` where the packet is only the first part of a datagram; undefined where it is no UDP, or
 * damaged.
 */
export function parseUdpPacket(
  packet: Buffer,
  segmentBytes = 0,
): readonly UdpPacket[] | 'fragment' | undefined {
  const bounds = parseIp(packet);
  if (bounds === undefined || bounds === 'fragment') return bounds;
  const { header, addresses } = bounds;
  const start = header + UDP_HEADER_BYTES;
  if (packet.length < start) return undefined;
  const length = packet.readUInt16BE(header + 4);
  // Of a packet that is to be cut, the length may be that of all or, beyond 64 KiB, 0.
  const end = segmentBytes > 0 ? packet.length : header + length;
  if (end < start || end > packet.length) return undefined;
  const [first, size] = addresses;
  const address = (at: number) => formatAddress(packet.subarray(at, at + size));
  const from = { address: address(first), port: packet.readUInt16BE(header) };
  const to = { address: address(first + size), port: packet.readUInt16BE(header + 2) };
  const payload = packet.subarray(start, end);
  return cut(payload, segmentBytes).map((part) => ({ from, to, payload: part }));
}

interface Bounds {
  readonly header: number;
  readonly addresses: readonly [first: number, size: number];
}

/** RFC 791, RFC 8200; IPv6 without extension headers. */
function parseIp(packet: Buffer): Bounds | 'fragment' | undefined {
  if (packet.length < 20) return undefined;
  const version = packet.readUInt8(0) >> 4;
  if (version === 6 && packet.length >= IP_HEADER_BYTES[6]) {
    const isUdp = packet.readUInt8(6) === PROTOCOL_UDP;
    return isUdp ? { header: IP_HEADER_BYTES[6], addresses: [8, 16] } : undefined;
  }
  const header = (packet.readUInt8(0) & 15) * 4;
  if (version !== 4 || header < 20 || packet.readUInt8(9) !== PROTOCOL_UDP) return undefined;
  if ((packet.readUInt16BE(6) & 0x3fff) !== 0) return 'fragment';
  return { header, addresses: [12, 4] };
}

function cut(payload: Buffer, bytes: number): Buffer[] {
  if (bytes === 0 || payload.length <= bytes) return [payload];
  const parts: Buffer[] = [];
  for (let at = 0; at < payload.length; at += bytes) parts.push(payload.subarray(at, at + bytes));
  return parts;
}

/**
 * A whole packet. Without a checksum where IPv4 allows it: such packets go to a program of this very machine, over memory (RFC 768;
 * IPv6 wants one, RFC 8200 section 8.1).
 */
export function encodeUdpPacket(from: Endpoint, to: Endpoint, payload: Buffer): Buffer {
  const bytes = UDP_HEADER_BYTES + payload.length;
  const header = { ...ipEnds(from.address, to.address), protocol: PROTOCOL_UDP, bytes };
  const family = familyOfHeader(header);
  const start = IP_HEADER_BYTES[family];
  const packet = Buffer.allocUnsafe(start + bytes).fill(0, 0, start + UDP_HEADER_BYTES);
  const message = packet.subarray(start);
  message.writeUInt16BE(from.port, 0);
  message.writeUInt16BE(to.port, 2);
  message.writeUInt16BE(bytes, 4);
  payload.copy(message, UDP_HEADER_BYTES);
  // A sum of 0 is written as its other form, since 0 says that there is none.
  if (family === 6) message.writeUInt16BE(pseudoChecksum(header, message) || 0xffff, 6);
  putIpHeader(packet, header);
  return packet;
}
