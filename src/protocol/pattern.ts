import net from 'node:net';

/**
 * What a filter of `outgoing` or `dns` is about, as a person writes it: `[tcp://|udp://]HOST[:PORT]`. HOST is a name, a name with
 * `*`, an address, a network, or `**` for everything; without HOST (`:5432`, `udp://`) it is everything too.
 */
export interface Pattern {
  /** As it was written. */
  readonly text: string;
  readonly protocol: 'tcp' | 'udp' | undefined;
  readonly host: HostPattern;
  readonly port: number | undefined;
}

export type HostPattern =
  | { readonly kind: 'any' }
  /** Labels in lower case. `*` as the first one stands for one or more labels, elsewhere for any characters within its label. */
  | { readonly kind: 'name'; readonly labels: readonly string[] }
  /** An address is a network of all its bits. */
  | {
      readonly kind: 'network';
      readonly family: 4 | 6;
      readonly address: string;
      readonly bits: number;
    };

/** Longer than any name with a protocol and a port. */
const PATTERN_MAX_CHARACTERS = 300;
/** Of one list. */
export const PATTERNS_MAX = 256;

/** A label of a name (RFC 1123, and `_` as DNS has it), with one `*` at most: more could not be matched in one step. */
const LABEL = /^[a-z0-9_-]*\*?[a-z0-9_-]*$/;
const NAME_MAX_CHARACTERS = 253;

/** The pattern, or in words what is wrong with it. */
export function parsePattern(text: string): Pattern | { readonly problem: string } {
  if (text.length > PATTERN_MAX_CHARACTERS) return { problem: 'it is too long' };
  const [, protocol, rest = ''] = /^(?:(tcp|udp):\/\/)?(.*)$/is.exec(text.trim()) ?? [];
  if (rest.includes('://')) return { problem: 'a protocol is tcp:// or udp://' };
  if (rest === '' && protocol === undefined) return { problem: 'it is empty' };
  const [hostText, portText] = splitPort(rest);
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && !(port >= 1 && port <= 65_535)) {
    return { problem: 'a port is a number from 1 to 65535' };
  }
  const host = parseHost(hostText.toLowerCase());
  if ('problem' in host) return host;
  return { text, protocol: protocolOf(protocol), host, port };
}

/** Whether a filter decides who resolves a name: without port and protocol, and not of addresses alone. */
export function isAboutNames({
  protocol,
  host,
  port,
}: Pick<Pattern, 'protocol' | 'port'> & { readonly host: { readonly kind: string } }): boolean {
  return protocol === undefined && port === undefined && host.kind !== 'network';
}

/** Whether a name in lower case, without a dot at its end, is one of the pattern's. */
export function matchesName(host: HostPattern, name: string): boolean {
  if (host.kind === 'any') return true;
  return host.kind === 'name' && matchLabels(host.labels, name.split('.'));
}

export function matchesAddress(host: HostPattern, address: string): boolean {
  if (host.kind === 'any') return true;
  if (host.kind !== 'network' || net.isIP(address) !== host.family) return false;
  const family = host.family === 6 ? 'ipv6' : 'ipv4';
  const network = new net.BlockList();
  network.addSubnet(host.address, host.bits, family);
  return network.check(address, family);
}

function protocolOf(text: string | undefined): Pattern['protocol'] {
  const protocol = text?.toLowerCase();
  return protocol === 'tcp' || protocol === 'udp' ? protocol : undefined;
}

/** An IPv6 address with a port stands in brackets. */
function splitPort(rest: string): readonly [host: string, port: string | undefined] {
  const bracketed = /^\[([^\]]*)\](\/\d+)?(?::(\d+))?$/.exec(rest);
  if (bracketed) return [`${bracketed[1]}${bracketed[2] ?? ''}`, bracketed[3]];
  if (net.isIPv6(rest.replace(/\/\d+$/, ''))) return [rest, undefined];
  const [, host = rest, port] = /^(.*?):(\d+)$/.exec(rest) ?? [];
  return [host, port];
}

function parseHost(host: string): HostPattern | { readonly problem: string } {
  if (host === '' || host === '**') return { kind: 'any' };
  const [, address = '', bitsText] = /^(.*?)(?:\/(\d{1,3}))?$/.exec(host) ?? [];
  if (net.isIP(address) === 0) return parseName(host.replace(/\.$/, ''));
  const family = net.isIPv4(address) ? 4 : 6;
  const widest = family === 4 ? 32 : 128;
  const bits = bitsText === undefined ? widest : Number(bitsText);
  if (bits > widest) return { problem: `a prefix of IPv${family} has at most ${widest} bits` };
  if (address.includes('%')) return { problem: 'an address here has no zone' };
  return { kind: 'network', family, address, bits };
}

function parseName(name: string): HostPattern | { readonly problem: string } {
  const labels = name.split('.');
  if (labels.includes('**')) return { problem: '** stands alone; *.NAME is every name below NAME' };
  const fits = (label: string) => label !== '' && label.length <= 63 && LABEL.test(label);
  if (name.length > NAME_MAX_CHARACTERS || !labels.every(fits)) {
    return { problem: 'expected [tcp://|udp://]HOST[:PORT] with a name, an address or a network' };
  }
  if (/^[0-9*]+$/.test(labels.at(-1) ?? '') && labels.some((label) => /^\d+$/.test(label))) {
    return { problem: 'addresses are written whole or as a network: 10.0.0.0/8' };
  }
  return { kind: 'name', labels };
}

function matchLabels(pattern: readonly string[], labels: readonly string[]): boolean {
  const isBelow = pattern[0] === '*';
  if (isBelow ? labels.length < pattern.length : labels.length !== pattern.length) return false;
  const last = labels.slice(labels.length - pattern.length);
  return pattern.every((one, at) => (isBelow && at === 0) || matchLabel(one, last[at] ?? ''));
}

function matchLabel(pattern: string, label: string): boolean {
  const [before = '', after] = pattern.split('*');
  if (after === undefined) return label === pattern;
  const isLongEnough = label.length >= before.length + after.length;
  return isLongEnough && label.startsWith(before) && label.endsWith(after);
}
