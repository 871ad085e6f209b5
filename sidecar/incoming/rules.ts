import { mark } from '../network-plan.ts';

/** Clients whose datagrams were delivered lately; an answer to one may have any of the service's own addresses. */
const CLIENTS_SIZE = 4096;
const CLIENTS_SECONDS = 180;

/**
 * A delivered connection has the client's address, which is not ours: its mark becomes the connection's, and what the
 * service answers gets the mark that is routed back to this namespace. The same of datagrams, but by the client's address and port: the kernel
 * lists them itself; and their way back is open only while there is a sidecar. First of its hook, before answers are let pass.
 */
export function incomingRules(): string {
  return `  set clients4 {
    type ipv4_addr . inet_service; size ${CLIENTS_SIZE};
    flags dynamic, timeout; timeout ${CLIENTS_SECONDS}s;
  }
  set clients6 {
    type ipv6_addr . inet_service; size ${CLIENTS_SIZE};
    flags dynamic, timeout; timeout ${CLIENTS_SECONDS}s;
  }

  chain deliver {
    type route hook output priority -161; policy accept;
    meta mark ${mark('deliver')} meta nfproto ipv4 meta l4proto udp update @clients4 { ip saddr . udp sport }
    meta mark ${mark('deliver')} meta nfproto ipv6 meta l4proto udp update @clients6 { ip6 saddr . udp sport }
    meta mark ${mark('deliver')} ct mark set ${mark('deliver')} accept
    ct direction reply ct mark ${mark('deliver')} meta l4proto tcp meta mark set ${mark('carry')}
    ct direction reply ct mark ${mark('deliver')} meta l4proto udp meta mark set ${mark('datagram')}
    meta mark != ${mark('own')} meta nfproto ipv4 ip daddr . udp dport @clients4 meta mark set ${mark('datagram')} accept
    meta mark != ${mark('own')} meta nfproto ipv6 ip6 daddr . udp dport @clients6 meta mark set ${mark('datagram')} accept
  }`;
}
