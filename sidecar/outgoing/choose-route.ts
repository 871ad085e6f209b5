import net from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';

/** Networks that are reached directly, never through the agent: CIDRs and addresses, by family. */
export interface LocalNetworks {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
}

export type Route = 'local' | 'agent';

/**
 * "This host" (RFC 1122 section 3.2.1.3), loopback, multicast and broadcast. Link-local 169.254.0.0/16 is not among them:
 * clouds serve a node's metadata there, and the service shall see the pod's.
 */
const ALWAYS_V4 = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/4', '255.255.255.255'];
const ALWAYS_V6 = ['::/127', 'fe80::/10', 'ff00::/8'];

/** Where a destination is reached: here when it lies in one of the local networks, else where the target is. */
export function chooseRoute(address: string, local: LocalNetworks): Route {
  return findLocalNetwork(address, local) === undefined ? 'agent' : 'local';
}

/** Why a destination that is not local is refused by the rules (see rules.ts) before anybody dials it. */
export function whyRefused(address: string): string | undefined {
  return net.isIPv6(address) ? 'IPv6 is not carried yet' : undefined;
}

/** The local network in which an address lies. */
export function findLocalNetwork(address: string, local: LocalNetworks): string | undefined {
  const family = net.isIPv6(address) ? 'ipv6' : 'ipv4';
  return (family === 'ipv6' ? local.v6 : local.v4).find((network) => {
    const [base = '', bits] = network.split('/');
    const addresses = new net.BlockList();
    if (bits === undefined) addresses.addAddress(base, family);
    else addresses.addSubnet(base, Number(bits), family);
    return addresses.check(address, family);
  });
}

/**
 * The namespace's own addresses and directly connected networks, and addresses of names that are local by configuration
 * (`host.docker.internal` in /etc/hosts leads to an address outside of every connected network).
 */
export function localNetworks(
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>,
  named: readonly string[],
): LocalNetworks {
  const v4 = new Set(ALWAYS_V4);
  const v6 = new Set(ALWAYS_V6);
  for (const { family, cidr } of Object.values(interfaces).flatMap((infos) => infos ?? [])) {
    if (cidr !== null) (family === 'IPv6' ? v6 : v4).add(cidr);
  }
  for (const address of named) (net.isIPv6(address) ? v6 : v4).add(address);
  return { v4: [...v4], v6: [...v6] };
}
