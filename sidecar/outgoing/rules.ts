import { type ListenerPorts, mark } from '../network-plan.ts';
import { JUMP_LOCAL } from './local-rules.ts';

const SYN = 'tcp flags & (fin | syn | rst | ack) == syn';
const NOT_SYN = 'tcp flags & (fin | syn | rst | ack) != syn';

/** At most so many destinations of refused packets are remembered for the log. */
const REFUSED_SIZE = 256;
export const REFUSED_SECONDS = 30;

/**
 * Finds the SYNs to hold and the datagrams to carry, and routes the packets of connections that were dialled to the transparent listener. A SYN is
 * held even where conntrack still knows an earlier connection of the same ports.
 */
export function holdRules(): string {
  return `  chain hold {
    type route hook output priority -160; policy accept;
    ct direction reply accept
    meta mark { ${mark('own')}, ${mark('deliver')} } accept
    ct mark ${mark('carry')} ${NOT_SYN} meta mark set ${mark('carry')} accept
    ${JUMP_LOCAL}
    meta l4proto { tcp, udp } th dport 53 accept
    meta nfproto ipv4 ${SYN} meta mark set ${mark('hold')}
${datagramRules()}
  }

  chain carry {
    type filter hook output priority -140; policy accept;
    meta mark ${mark('carry')} ${SYN} ct mark set ${mark('carry')}
  }`;
}

/**
 * Datagrams go to their listener at once. So does what the kernel says of a peer's datagram for which the service has no socket any
 * more: it must not leave, and the listener's side has no use for it.
 */
function datagramRules(): string {
  return `    meta nfproto ipv4 meta l4proto udp meta mark set ${mark('carry')}
    meta nfproto ipv4 meta l4proto icmp ct state related meta mark set ${mark('carry')}`;
}

/**
 * Everything that must not leave: verdicts that refuse, what is not carried yet, and SYNs that no sidecar held (their
 * mark is still \`hold\`). Other TCP packets without a connection in conntrack belong to connections into the service
 * that are older than these rules.
 */
export function refuseRules(): string {
  return `  set refused4 {
    type ipv4_addr . inet_proto . inet_service; size ${REFUSED_SIZE};
    flags dynamic, timeout; timeout ${REFUSED_SECONDS}s;
  }
  set refused6 {
    type ipv6_addr . inet_proto . inet_service; size ${REFUSED_SIZE};
    flags dynamic, timeout; timeout ${REFUSED_SECONDS}s;
  }
  counter refused { }

  chain refuse {
    type filter hook output priority -130; policy accept;
    meta mark vmap { ${mark('own')} : accept, ${mark('deliver')} : accept, ${mark('carry')} : accept, ${mark('hold')} : goto unheld, ${mark('refuse')} : goto verdicts, ${mark('hostUnreachable')} : goto verdicts, ${mark('netUnreachable')} : goto verdicts }
    ct direction reply accept
    ct state != new accept
    ${JUMP_LOCAL}
    meta l4proto { tcp, udp } th dport 53 accept
    ${NOT_SYN} accept
    meta nfproto ipv4 meta l4proto { tcp, udp } update @refused4 { ip daddr . meta l4proto . th dport }
    meta nfproto ipv6 meta l4proto { tcp, udp } update @refused6 { ip6 daddr . meta l4proto . th dport }
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

/** Takes datagrams and dialled connections on their way through lo. Their answers pass: only the direction of the SYN is diverted. */
export function divertRules(ports: Pick<ListenerPorts, 'transparent' | 'datagrams'>): string {
  return `  chain divert {
    type filter hook prerouting priority mangle; policy accept;
    iifname "lo" meta mark ${mark('carry')} ct direction original meta nfproto ipv4 meta l4proto tcp tproxy ip to 127.0.0.1:${ports.transparent} accept
    iifname "lo" meta mark ${mark('carry')} meta nfproto ipv4 meta l4proto udp tproxy ip to 127.0.0.1:${ports.datagrams} accept
    iifname "lo" meta mark ${mark('carry')} meta nfproto ipv6 meta l4proto udp tproxy ip6 to [::1]:${ports.datagrams} accept
  }`;
}
