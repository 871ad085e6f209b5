import { parseAddress } from './ip-address.ts';

const TTL = 64;
export const IP_HEADER_BYTES = { 4: 20, 6: 40 } as const;

export interface IpHeader {
  /** Addresses in network order, of one family. */
  readonly source: Buffer;
  readonly destination: Buffer;
  readonly protocol: number;
  /** Of what follows the header. */
  readonly bytes: number;
}

/** The addresses of a packet and its family. */
export function ipEnds(from: string, to: string): Pick<IpHeader, 'source' | 'destination'> {
  return { source: parseAddress(from), destination: parseAddress(to) };
}

export function familyOfHeader({ source }: Pick<IpHeader, 'source'>): 4 | 6 {
  return source.length === 16 ? 6 : 4;
}

/** Writes the header of RFC 791 or RFC 8200 at the start of zeroed bytes. */
export function putIpHeader(at: Buffer, header: IpHeader): void {
  const { source, destination, protocol, bytes } = header;
  if (familyOfHeader(header) === 6) {
    at.writeUInt8(0x60, 0);
    at.writeUInt16BE(bytes, 4);
    at.writeUInt8(protocol, 6);
    at.writeUInt8(TTL, 7);
    source.copy(at, 8);
    destination.copy(at, 24);
    return;
  }
  at.writeUInt8(0x45, 0);
  at.writeUInt16BE(IP_HEADER_BYTES[4] + bytes, 2);
  at.writeUInt8(TTL, 8);
  at.writeUInt8(protocol, 9);
  source.copy(at, 12);
  destination.copy(at, 16);
  at.writeUInt16BE(checksum(at.subarray(0, IP_HEADER_BYTES[4])), 10);
}

/** The checksum of IPv6's upper layers over \`message\`, whose own checksum is 0 meanwhile (RFC 8200 section 8.1). */
export function pseudoChecksum(header: IpHeader, message: Buffer): number {
  const tail = Buffer.alloc(8);
  tail.writeUInt32BE(header.bytes, 0);
  tail.writeUInt8(header.protocol, 7);
  return checksum(Buffer.concat([header.source, header.destination, tail, message]));
}

/** RFC 1071; an odd last byte counts as if a zero followed. */
export function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  if (bytes.length % 2 === 1) sum += bytes.readUInt8(bytes.length - 1) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
