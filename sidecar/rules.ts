import { dnsRules } from './dns/rules.ts';
import { incomingRules } from './incoming/rules.ts';
import { type ListenerPorts, TABLE } from './network-plan.ts';
import { type LocalRules, localRules } from './outgoing/local-rules.ts';
import { divertRules, type Families, holdRules, refuseRules } from './outgoing/rules.ts';

export interface RulesOptions extends LocalRules {
  /** The nameservers of the service's /etc/resolv.conf. */
  readonly resolvers: readonly string[];
  readonly ports: ListenerPorts;
  readonly families: Families;
}

/**
 * The whole table of the sidecar, as one nft transaction that replaces the former one.
 *
 * It has no owner and stays when the sidecar dies: then its own tables are gone, the queue's and that of datagrams, so that SYNs
 * and datagrams reach the refusing chain with the marks of what nobody took, and nothing listens on the redirected ports. The service's
 * connects, datagrams and lookups fail at once, until the next sidecar is there; they never leave into the developer's own network. The namespace ends with the
 * holder.
 *
 * `local` is no hook's: the others jump to it, and it accepts what stays on this machine.
 *
 * Chains of the output hook, in the order of their priorities (conntrack -200, mangle -150, Docker's nat -100):
 *   -161 deliver   connections into the service that carry the client's address, and the way back
 *   -160 hold      marks SYNs and datagrams of what is not local; answers to incoming connections pass first
 *   -155           datagrams go on to the listener, in a table of its own (carryDatagrams)
 *   -151           the queue, in a table of its own (kernel/queue-table)
 *   -140 carry     the verdict "dialled" becomes the connection's mark
 *   -130 refuse    verdicts that refuse; what is not carried; what no sidecar held
 *   -110 dns       port 53, before Docker's rules for 127.0.0.11
 */
export function renderRules(options: RulesOptions): string {
  const { ports } = options;
  return `add table inet ${TABLE}
delete table inet ${TABLE}
table inet ${TABLE} {
${localRules(options)}
${incomingRules()}
${holdRules(options.families)}
${refuseRules()}
${divertRules(ports)}
${dnsRules(options.resolvers, ports)}
}
`;
}
