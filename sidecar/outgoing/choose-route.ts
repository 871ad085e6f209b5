import net from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { formatAddress, parseAddress } from '../../src/kernel/ip-address.ts';

/** What no filter takes away from this machine: CIDRs and addresses, by family. */
export interface OwnAddresses {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
}

export interface Surroundings {
  readonly own: OwnAddresses;
  /** Directly connected networks, `172.18.0.0/16`: local, as far as no filter says otherwise. */
  readonly connected: readonly string[];
}

/**
 * "This host" (RFC 1122 section 3.2.1.3), loopback, multicast and broadcast. Link-local 169.254.0.0/16 is not among them:
 * clouds serve a node's metadata there, and the service shall see the pod's.
 */
const ALWAYS_V4 = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/4', '255.255.255.255'];
const ALWAYS_V6 = ['::/127', 'fe80::/10', 'ff00::/8'];

/** Which of the own ones an address is or lies in. */
export function findOwn(address: string, own: OwnAddresses): string | undefined {
  const family = net.isIPv6(address) ? 'ipv6' : 'ipv4';
  return (family === 'ipv6' ? own.v6 : own.v4).find((network) => {
    const [base = '', bits] = network.split('/');
    const addresses = new net.BlockList();
    if (bits === undefined) addresses.addAddress(base, family);
    else addresses.addSubnet(base, Number(bits), family);
    return addresses.check(address, family);
  });
}

/** The namespace's own addresses, and the networks that they are part of. `borrowed` is the pod's (see pod-address.ts), so none of them. */
export function surroundings(
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>,
  borrowed?: string,
): Surroundings {
  const v4 = new Set(ALWAYS_V4);
  const v6 = new Set(ALWAYS_V6);
  const connected = new Set<string>();
  for (const { family, address, cidr, internal } of Object.values(interfaces).flatMap(
    (infos) => infos ?? [],
  )) {
    if (address === borrowed) continue;
    (family === 'IPv6' ? v6 : v4).add(address);
    if (cidr !== null && !internal && !address.startsWith('fe80:')) connected.add(networkOf(cidr));
  }
  return { own: { v4: [...v4], v6: [...v6] }, connected: [...connected] };
}

/** `172.18.0.2/16` → `172.18.0.0/16` */
export function networkOf(cidr: string): string {
  const [address = '', bitsText = ''] = cidr.split('/');
  const bits = Number(bitsText);
  const bytes = parseAddress(address).map((byte, at) => byte & (0xff00 >> clamp(bits - at * 8)));
  return `${formatAddress(Buffer.from(bytes))}/${bits}`;
}

function clamp(bits: number): number {
  return Math.min(8, Math.max(0, bits));
}
