import type { NetworkInterfaceInfo } from 'node:os';

/** More than one a family tell nothing; some nodes' networks have hundreds. */
const ADDRESSES_MAX = 16;

/** The addresses of this network namespace that others know: neither loopback nor link-local. */
export function ownAddresses(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): readonly string[] {
  const infos = Object.values(interfaces).flatMap((of) => of ?? []);
  const global = infos.filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address));
  const ofFamily = (family: string) =>
    global.filter((info) => info.family === family).slice(0, ADDRESSES_MAX);
  return [...ofFamily('IPv4'), ...ofFamily('IPv6')].map(({ address }) => address);
}
