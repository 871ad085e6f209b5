import { type ListenerPorts, mark } from '../network-plan.ts';
import { JUMP_LOCAL, JUMP_NOWHERE } from './local-rules.ts';

const SYN = 'tcp flags & (fin | syn | rst | ack) == syn';
const NOT_SYN = 'tcp flags & (fin | syn | rst | ack) != syn';

/** What is carried: `ipv4` where `lo` has IPv6 switched off; the rules then refuse IPv6. */
export type Families = 'both' | 'ipv4';

/**
 * Finds the SYNs to hold and the datagrams to carry, and routes the packets of connections that were dialled to the transparent listener. A SYN is
 * held even where conntrack still knows an earlier connection of the same ports.
 */
export function holdRules(families: Families): string {
  const ours = families === 'both' ? '' : 'meta nfproto ipv4 ';
  return `  chain hold {
    type route hook output priority -160; policy accept;
    ct direction reply accept
    meta mark { ${mark('own')}, ${mark('deliver')} } accept
    ct mark ${mark('carry')} ${NOT_SYN} meta mark set ${mark('carry')} accept
    ${JUMP_LOCAL}
    meta l4proto { tcp, udp } th dport 53 accept
    ${ours}${SYN} meta mark set ${mark('hold')}
${datagramRules(ours)}
  }

  chain carry {
    type filter hook output priority -140; policy accept;
    meta mark ${mark('carry')} ${SYN} ct mark set ${mark('carry')}
  }`;
}

/**
 * Datagrams go to their listener at once, by a table that ends with the sidecar (see carryDatagrams). So does what the kernel says of a peer's datagram for which the service has no socket any
 * more (ICMP and ICMPv6, by number: our image has no /etc/protocols): it must not leave, and the listener's side has no use for it.
 */
function datagramRules(ours: string): string {
  return `    ${ours}meta l4proto udp meta mark set ${mark('datagram')}
    ${ours}meta l4proto { 1, 58 } ct state related meta mark set ${mark('carry')}`;
}

/**
 * Everything that must not leave: verdicts that refuse, what is not carried, and what no sidecar took (its
 * mark is still \`hold\` or \`datagram\`). Other TCP packets without a connection in conntrack belong to connections into the service
 * that are older than these rules.
 */
export function refuseRules(): string {
  return `  counter refused { }

  chain refuse {
    type filter hook output priority -130; policy accept;
    meta mark vmap { ${mark('own')} : accept, ${mark('deliver')} : accept, ${mark('carry')} : accept, ${mark('hold')} : goto unheld, ${mark('datagram')} : goto unheld, ${mark('refuse')} : goto verdicts, ${mark('hostUnreachable')} : goto verdicts, ${mark('netUnreachable')} : goto verdicts }
    ct direction reply accept
    ct state != new accept
    meta l4proto { tcp, udp } th dport 53 accept
    ${JUMP_NOWHERE}
    ${JUMP_LOCAL}
    ${NOT_SYN} accept
    counter name refused
    reject with icmpx admin-prohibited
  }

  chain unheld {
    reject with icmpx admin-prohibited
  }

  chain verdicts {
    meta mark ${mark('refuse')} meta l4proto tcp reject with tcp reset
    meta mark ${mark('hostUnreachable')} reject with icmpx host-unreachable
    meta nfproto ipv4 reject with icmp net-unreachable
    reject with icmpx no-route
  }`;
}

/** The content of the sidecar's own table: in front of the queue, and of what refuses. */
export function carryDatagrams(): string {
  return `  chain out {
    type route hook output priority -155; policy accept;
    meta mark ${mark('datagram')} meta mark set ${mark('carry')}
  }`;
}

/** Takes datagrams and dialled connections on their way through lo. Their answers pass: only the direction of the SYN is diverted. */
export function divertRules(ports: Pick<ListenerPorts, 'transparent' | 'datagrams'>): string {
  const divert = (family: string, listener: string) => `
    iifname "lo" meta mark ${mark('carry')} ct direction original meta nfproto ${family} meta l4proto tcp tproxy ${listener}:${ports.transparent} accept
    iifname "lo" meta mark ${mark('carry')} meta nfproto ${family} meta l4proto udp tproxy ${listener}:${ports.datagrams} accept`;
  return `  chain divert {
    type filter hook prerouting priority mangle; policy accept;${divert('ipv4', 'ip to 127.0.0.1')}${divert('ipv6', 'ip6 to [::1]')}
  }`;
}
