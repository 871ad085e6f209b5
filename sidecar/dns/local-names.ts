import net from 'node:net';

/** More bytes of /etc/hosts or /etc/resolv.conf than this are not read: nobody writes so many by hand. */
export const TEXT_MAX_BYTES = 256 * 1024;

export interface HostsEntry {
  readonly address: string;
  /** In lower case. */
  readonly names: readonly string[];
}

export function hostsEntries(hosts: string): readonly HostsEntry[] {
  return hosts.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/);
    return net.isIP(address) === 0 ? [] : [{ address, names }];
  });
}

/** The nameservers of /etc/resolv.conf, without scope identifiers. */
export function resolversOf(resolvConf: string): string[] {
  const found = new Set<string>();
  for (const line of resolvConf.split('\n')) {
    const address = /^\s*nameserver\s+([0-9a-fA-F.:]+)/.exec(line)?.[1] ?? '';
    if (net.isIP(address) !== 0) found.add(address);
  }
  return [...found];
}

/**
 * The nameservers that Docker's resolver asks from inside of the namespace, from the comment that Docker leaves in
 * /etc/resolv.conf: `# ExtServers: [host(127.0.0.53) 192.0.2.53]`. Those in `host()` it asks from outside.
 */
export function upstreamsOf(resolvConf: string): string[] {
  const [, list = ''] = /^# ExtServers: \[(.*)\]/m.exec(resolvConf) ?? [];
  return list.split(/\s+/).filter((address) => net.isIP(address) !== 0);
}

/** The IPv4 address that a PTR question's name stands for (RFC 1035 section 3.5), IPv6's by RFC 3596 section 2.5. */
export function addressOfReverseName(name: string): string | undefined {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name);
  if (v4) {
    const address = v4.slice(1).reverse().join('.');
    return net.isIPv4(address) ? address : undefined;
  }
  if (!/^(?:[0-9a-f]\.){32}ip6\.arpa$/.test(name)) return undefined;
  const digits = name.slice(0, 64).split('.').reverse().join('');
  return digits.match(/.{4}/g)?.join(':');
}
