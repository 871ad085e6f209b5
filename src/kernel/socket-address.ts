import net from 'node:net';
import type { Endpoint } from './endpoint.ts';
import { formatAddress, parseAddress } from './ip-address.ts';
import { AF_INET, AF_INET6 } from './libc.ts';

const SIZE_IN = 16;
const SIZE_IN6 = 28;

/** struct sockaddr_in or sockaddr_in6 (linux/in.h, linux/in6.h): the family in the machine's order, port and address in the network's. */
export function encodeSocketAddress(endpoint: Endpoint): Buffer {
  const bytes = parseAddress(endpoint.address);
  const v6 = bytes.length === 16;
  const encoded = Buffer.alloc(v6 ? SIZE_IN6 : SIZE_IN);
  encoded.writeUInt16LE(v6 ? AF_INET6 : AF_INET, 0);
  encoded.writeUInt16BE(endpoint.port, 2);
  bytes.copy(encoded, v6 ? 8 : 4);
  return encoded;
}

/** The reverse; undefined for another family or too few bytes. */
export function decodeSocketAddress(bytes: Buffer): Endpoint | undefined {
  if (bytes.length < SIZE_IN) return undefined;
  const family = bytes.readUInt16LE(0);
  const port = bytes.readUInt16BE(2);
  if (family === AF_INET) return { address: formatAddress(bytes.subarray(4, 8)), port };
  if (family !== AF_INET6 || bytes.length < SIZE_IN6) return undefined;
  return { address: formatAddress(bytes.subarray(8, 24)), port };
}

/** 4 or 6; throws for anything that is no address. */
export function familyOf(address: string): 4 | 6 {
  const family = net.isIP(address);
  if (family !== 4 && family !== 6) throw new Error(`not an IP address: ${address}`);
  return family;
}
