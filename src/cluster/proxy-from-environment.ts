import { BlockList, isIP } from 'node:net';
import type { Chosen } from './chosen.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the environment names for a server, or none: as kubectl reads it (golang.org/x/net/http/httpproxy). The
 * scheme chooses the variable, capitals come first, and this machine itself is never asked through a proxy.
 */
export function proxyFromEnvironment(server: string, env: Env): Chosen | undefined {
  if (!URL.canParse(server)) return undefined;
  const { protocol, hostname, port } = new URL(server);
  const name = protocol === 'http:' ? 'HTTP_PROXY' : 'HTTPS_PROXY';
  const from = [name, name.toLowerCase()].find((variable) => env[variable]);
  if (from === undefined) return undefined;
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const to = { host, port: port || (protocol === 'http:' ? '80' : '443') };
  const direct = (env['NO_PROXY'] || env['no_proxy'] || '').toLowerCase().split(',');
  if (isThisMachine(host) || direct.some((entry) => covers(entry.trim(), to))) return undefined;
  return { value: withScheme(env[from] ?? ''), from };
}

interface Place {
  readonly host: string;
  readonly port: string;
}

function isThisMachine(host: string): boolean {
  return (
    host === 'localhost' ||
    (isIP(host) > 0 && isIn(host, isIP(host) === 4 ? '127.0.0.0/8' : '::1/128'))
  );
}

/** Whether an entry of NO_PROXY means this place: `*`, an address, a network, a domain; all but networks with a port or without. */
function covers(entry: string, { host, port }: Place): boolean {
  if (entry === '*') return true;
  if (entry === '') return false;
  if (entry.includes('/')) return isIP(host) > 0 && isIn(host, entry);
  const [, name = '', only] =
    /^\[?([^[\]]*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (only !== undefined && only !== port) return false;
  const domain = name.replace(/^\*\./, '.');
  if (domain.startsWith('.')) return host.endsWith(domain);
  return host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`));
}

function isIn(address: string, network: string): boolean {
  const [base = '', bits = ''] = network.split('/');
  const family = isIP(base);
  if (family === 0 || !/^\d+$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(base, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

function withScheme(proxy: string): string {
  return /^(https?|socks5h?):\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}
