import { readFile } from 'node:fs/promises';
import type { Endpoint } from '../../src/kernel/endpoint.ts';
import { parseAddress } from '../../src/kernel/ip-address.ts';

/** include/net/tcp_states.h, as /proc prints it. */
const SYN_SENT = '02';
/** How the IPv6 table of the kernel prints the words before a mapped IPv4 address. */
const MAPPED = '0000000000000000FFFF0000';

/** The sockets of this namespace, as text: IPv4's own table, and IPv6's for sockets that use it with mapped addresses. */
export async function readSockets(): Promise<Buffer> {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((path) =>
    readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0); // IPv6 is switched off
      throw error;
    }),
  );
  return Buffer.concat(await Promise.all(tables));
}

/** Whether a socket still waits for its connect() from `from` to `to`. One that was closed has sent no packet to say so. */
export function isConnecting(sockets: Buffer, from: Endpoint, to: Endpoint): boolean {
  const [source, target] = [from, to].map(({ address, port }) => ({
    address: hexAddress(address),
    port: port.toString(16).toUpperCase().padStart(4, '0'),
  }));
  if (source === undefined || target === undefined) return false;
  return ['', MAPPED].some((prefix) =>
    sockets.includes(
      ` ${prefix}${source.address}:${source.port} ${prefix}${target.address}:${target.port} ${SYN_SENT} `,
    ),
  );
}

/** Documentation/networking/proc_net_tcp.rst: the address as one little-endian word, an IPv6 address as four. */
function hexAddress(address: string): string {
  return parseAddress(address).swap32().toString('hex').toUpperCase();
}
