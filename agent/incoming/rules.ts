import net from 'node:net';

/**
 * Several agents may take connections of one port, each what its filter matches. They form a chain, ordered by their ranks; the older
 * has the lower one. What an agent passes on leaves with its mark, which is this and its rank: only agents of a higher rank take it, and
 * none of them twice.
 */
const MARK_BASE = 0x6b64_0000;
/** Whatever an agent passes on: it was seen before. */
export const PASSED_ON = { mask: 0xffff_0000, value: MARK_BASE } as const;
/** Nobody takes what leaves with this: probes of the kubelet. */
export const FINAL_MARK = MARK_BASE + 0xffff;
/** Ranks are priorities of hooks too, and those of `output` have to lie before a mesh's (-100) and behind conntrack's (-200). */
export const RANK_MAX = 90;

export function passMark(rank: number): number {
  return MARK_BASE + rank;
}

/** The rank stands in the table's name: the kernel lets one process alone own a table of a name. */
export function tableName(rank: number): string {
  return `kdev_${String(rank).padStart(2, '0')}`;
}

export interface StealRules {
  readonly rank: number;
  /** Whose table it is: the session, and the container. */
  readonly label: string;
  readonly ports: readonly number[];
  /** Whether other agents may take connections of these ports as well. */
  readonly isShared: boolean;
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

/** The content of a table that keeps its owner's rank and does nothing. */
export function renderPlace(label: string): string {
  return `  chain of_${label} { }\n`;
}

/**
 * The content of the owner table that brings new connections of some ports to the agent: from outside after a mesh has had its turn
 * (its chains sit at dstnat, -100), from within the pod over `lo` before it. Without ports nothing new is brought, but
 * the kernel goes on translating the connections that were: it does as long as there are chains of this type, and a rule that asks
 * conntrack keeps conntrack on.
 */
export function renderStealRules(rules: StealRules): string {
  const { rank, label, resetOld } = rules;
  return `${renderPlace(label)}${renderPorts(rules)}  chain from_outside {
    type nat hook prerouting priority ${rank - 90}; policy accept;
${renderRedirects(rules, '')}  }
  chain from_inside {
    type nat hook output priority ${rank - 195}; policy accept;
${renderRedirects(rules, 'oifname "lo" ')}  }${resetOld ? renderReset(rules, resetOld) : ''}`;
}

/** The set's name tells other agents whether they may have the port too. */
function setName({ isShared }: StealRules): string {
  return isShared ? 'shared' : 'whole';
}

function renderPorts(rules: StealRules): string {
  if (rules.ports.length === 0) return '';
  return `  set ${setName(rules)} {
    type inet_service
    elements = { ${rules.ports.join(', ')} }
  }
`;
}

function renderRedirects(rules: StealRules, where: string): string {
  if (rules.ports.length === 0) return '    ct state new return\n';
  const redirect = (family: string, listener: number | undefined) =>
    listener === undefined
      ? ''
      : `    ${where}meta nfproto ${family} tcp dport @${setName(rules)} ${FIRST_PACKET} redirect to :${listener}\n`;
  return `    meta mark ${passMark(rules.rank)}-${FINAL_MARK} return
${redirect('ipv4', rules.listener4)}${redirect('ipv6', rules.listener6)}`;
}

/**
 * For kernels that cannot abort a socket of others. What arrives here on a stolen port is of a connection that the rules did not bring,
 * for those are translated by now; or an agent's own.
 */
function renderReset(rules: StealRules, { nodeAddresses, probePorts }: ResetOld): string {
  const stays = (family: string, addresses: readonly string[]) =>
    addresses.length === 0 || probePorts.length === 0
      ? ''
      : `    ${family} saddr { ${addresses.join(', ')} } tcp dport { ${probePorts.join(', ')} } return\n`;
  return `
  chain reset_old {
    type filter hook input priority -10; policy accept;
    meta mark ${MARK_BASE}-${FINAL_MARK} return
${stays('ip', nodeAddresses.filter(net.isIPv4))}${stays('ip6', nodeAddresses.filter(net.isIPv6))}    tcp dport @${setName(rules)} tcp flags & (syn | rst) == 0 reject with tcp reset
  }`;
}

/** Ranks that are taken, in the output of `list tables inet`. */
export function parseRanks(listing: string): readonly number[] {
  return [...listing.matchAll(/^table inet kdev_(\d\d)$/gm)].map(([, rank]) => Number(rank));
}

/** Behind all others; the lowest free one where these have come to the end. undefined where none is free. */
export function nextRank(ranks: readonly number[]): number | undefined {
  const next = Math.max(0, ...ranks) + 1;
  if (next <= RANK_MAX) return next;
  return Array.from({ length: RANK_MAX }, (_, at) => at + 1).find((rank) => !ranks.includes(rank));
}

/** What another agent has, in the output of `list table inet kdev_…`. */
export interface OtherTable {
  /** undefined where it is none of an agent's. */
  readonly session: string | undefined;
  readonly whole: readonly number[];
  readonly shared: readonly number[];
}

export function parseTable(listing: string): OtherTable {
  return {
    session: /chain of_([a-z0-9]+)_/.exec(listing)?.[1],
    whole: parseSet(listing, 'whole'),
    shared: parseSet(listing, 'shared'),
  };
}

function parseSet(listing: string, name: string): readonly number[] {
  const set = new RegExp(`set ${name} \\{[^}]*elements = \\{([^}]*)\\}`);
  return [...(set.exec(listing)?.[1] ?? '').matchAll(/\d+/g)].map(([port]) => Number(port));
}
