import net from 'node:net';
import { type ListenerPorts, mark } from '../network-plan.ts';
import { JUMP_LOCAL } from '../outgoing/local-rules.ts';

/**
 * Port 53, whatever the address, to the sidecar's servers, which listen on loopback only: behind a redirect, a UDP socket
 * on the wildcard would answer from the wrong address. The service's own resolvers are taken even where they lie in a
 * connected network; other servers there are the project's own, and stay.
 */
export function dnsRules(resolvers: readonly string[], ports: ListenerPorts): string {
  const v4 = resolvers.filter((address) => net.isIPv4(address)).join(', ');
  const v6 = resolvers.filter((address) => net.isIPv6(address)).join(', ');
  const own = [v4 && `ip daddr { ${v4} }`, v6 && `ip6 daddr { ${v6} }`].filter(Boolean);
  return `  chain dns {
    type nat hook output priority -110; policy accept;
    meta mark ${mark('own')} accept
${own.map((match) => redirect(match, ports.dns)).join('\n')}
    ${JUMP_LOCAL}
${redirect('', ports.dnsForwarded)}
  }`;
}

function redirect(match: string, port: number): string {
  return ['udp', 'tcp']
    .map((transport) =>
      `    ${match} ${transport} dport 53 redirect to :${port}`.replace(/ {5}/, '    '),
    )
    .join('\n');
}
