/** The agent's answers for the service leave with this mark; a rule gives them the target's port. */
export const ANSWER_MARK = 0x6b66;
/** conntrack's mark of flows that were taken from the target. */
const STOLEN_MARK = 0x6b67;

/** One table a port: the kernel lets one process alone own a table of a name, so that two agents never have one port. */
export function udpTableName(port: number): string {
  return `kdev_udp_${port}`;
}

export interface StolenUdpPort {
  readonly port: number;
  /** Where the agent's sockets for it are bound on loopback, by family; undefined where the namespace has none. */
  readonly socket4: number | undefined;
  readonly socket6: number | undefined;
}

/**
 * The content of the owner table that gives new flows to a UDP port to the agent, from outside and over `lo` alike. TPROXY and not NAT:
 * nothing is translated, so that the very next datagram is the target's again once the rule is gone, however the agent ended. A flow
 * that conntrack knows as answered by the target stays with it. A rule whose socket is gone does not match.
 *
 * Answers leave from the agent's socket: the address is set by it, the port here, before conntrack sees them as the answers that they are.
 */
export function renderUdpRules(stolen: StolenUdpPort): string {
  return `  chain taken {
    type filter hook prerouting priority mangle; policy accept;
    udp dport ${stolen.port} ct direction original ct state new ct mark set ${STOLEN_MARK}
${rules(stolen, takeRule)}
  }
  chain answers {
    type filter hook output priority raw; policy accept;
${rules(stolen, answerRule)}
  }`;
}

type Rule = (family: 'ipv4' | 'ipv6', socket: number, port: number) => string;

const takeRule: Rule = (family, socket, port) => {
  const to = family === 'ipv4' ? `ip to 127.0.0.1:${socket}` : `ip6 to [::1]:${socket}`;
  return `meta nfproto ${family} udp dport ${port} ct direction original ct mark ${STOLEN_MARK} tproxy ${to} accept`;
};

const answerRule: Rule = (family, socket, port) =>
  `meta mark ${ANSWER_MARK} meta nfproto ${family} udp sport ${socket} udp sport set ${port}`;

function rules({ port, socket4, socket6 }: StolenUdpPort, rule: Rule): string {
  const lines = [
    ...(socket4 === undefined ? [] : [rule('ipv4', socket4, port)]),
    ...(socket6 === undefined ? [] : [rule('ipv6', socket6, port)]),
  ];
  return lines.map((line) => `    ${line}`).join('\n');
}
