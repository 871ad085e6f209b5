import net from 'node:net';

/** Connections that the agent itself passes on to the target leave with this mark, so that no rule brings them back. */
export const PASS_MARK = 0x6b64;

/** Every kdev agent's table begins with this: that is how they know of each other. */
export const TABLE_PREFIX = 'kdev_';

export interface StealRules {
  readonly ports: readonly number[];
  /** Where the agent listens, by family; undefined where the namespace has none. */
  readonly listener4: number | undefined;
  readonly listener6: number | undefined;
  /** Whether connections that are older than the rules are reset, by whatever they send; undefined where they stay with the target. */
  readonly resetOld?: ResetOld | undefined;
}

/** Clients on these addresses keep their connections to these ports: they may be the kubelet's probes. */
export interface ResetOld {
  readonly nodeAddresses: readonly string[];
  readonly probePorts: readonly number[];
}

/** Only a connection's first packet: those that exist stay with the target, in a namespace without conntrack until now too. */
const FIRST_PACKET = 'tcp flags & (fin | syn | rst | ack) == syn';

/**
 * The content of the owner table that brings new connections of some ports to the agent: from outside after a mesh has had its turn
 * (its chains sit at dstnat, -100), from within the pod over `lo` before it. Without ports nothing new is brought, but
 * the kernel goes on translating the connections that were: it does as long as there are chains of this type, and a rule that asks
 * conntrack keeps conntrack on.
 */
export function renderStealRules(rules: StealRules): string {
  return `${rules.ports.length === 0 ? '' : renderPorts(rules.ports)}  chain from_outside {
    type nat hook prerouting priority -90; policy accept;
${renderRedirects(rules, '')}  }
  chain from_inside {
    type nat hook output priority -110; policy accept;
${renderRedirects(rules, 'oifname "lo" ')}  }${rules.resetOld ? renderReset(rules.resetOld) : ''}`;
}

/**
 * For kernels that cannot abort a socket of others. What arrives here on a stolen port is of a connection that the rules did not bring,
 * for those are translated by now; or the agent's own.
 */
function renderReset({ nodeAddresses, probePorts }: ResetOld): string {
  const stays = (family: string, addresses: readonly string[]) =>
    addresses.length === 0 || probePorts.length === 0
      ? ''
      : `    ${family} saddr { ${addresses.join(', ')} } tcp dport { ${probePorts.join(', ')} } return\n`;
  return `
  chain reset_old {
    type filter hook input priority -10; policy accept;
    meta mark ${PASS_MARK} return
${stays('ip', nodeAddresses.filter(net.isIPv4))}${stays('ip6', nodeAddresses.filter(net.isIPv6))}    tcp dport @ports tcp flags & (syn | rst) == 0 reject with tcp reset
  }`;
}

function renderPorts(ports: readonly number[]): string {
  return `  set ports {
    type inet_service
    elements = { ${ports.join(', ')} }
  }
`;
}

function renderRedirects({ ports, listener4, listener6 }: StealRules, where: string): string {
  if (ports.length === 0) return '    ct state new return\n';
  const redirect = (family: string, listener: number | undefined) =>
    listener === undefined
      ? ''
      : `    ${where}meta nfproto ${family} tcp dport @ports ${FIRST_PACKET} redirect to :${listener}\n`;
  return `    meta mark ${PASS_MARK} return
${redirect('ipv4', listener4)}${redirect('ipv6', listener6)}`;
}

/** Names of kdev's tables in the output of `list tables inet`. */
export function parseTableNames(listing: string): readonly string[] {
  return [...listing.matchAll(/^table inet (\S+)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => name.startsWith(TABLE_PREFIX));
}

/** Ports of the set in the output of `list table inet kdev_…`. */
export function parseStolenPorts(listing: string): readonly number[] {
  const elements = /set ports \{[^}]*elements = \{([^}]*)\}/.exec(listing)?.[1] ?? '';
  return [...elements.matchAll(/\d+/g)].map(([port]) => Number(port));
}
