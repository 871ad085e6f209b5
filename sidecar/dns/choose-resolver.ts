import { DNS_TYPE, type DnsQuestion } from '../../src/protocol/dns-message.ts';
import { chooseRoute, type LocalNetworks } from '../outgoing/choose-route.ts';
import { addressOfReverseName } from './local-names.ts';

/**
 * `service`: asked of the service's own resolver. `forwarded`: asked of any other nameserver, mostly by dockerd, whose
 * resolver forwards what it does not know from inside of this namespace.
 */
export type AskedOf = 'service' | 'forwarded';

/** `no data` and `no name` are answered here: Docker, which owns the name, would say the same. */
export type Resolver = 'docker' | 'agent' | 'no data' | 'no name';

export interface LocalView {
  /** Lower-case names of the compose project. */
  readonly names: ReadonlySet<string>;
  readonly networks: LocalNetworks;
}

/**
 * Who answers a question. A local name never reaches the agent, not even while Docker does not know it (its container is
 * down): the cluster may have the same name, and would answer for another world. What is forwarded never goes back to
 * Docker: it would come again.
 */
export function chooseResolver(question: DnsQuestion, askedOf: AskedOf, view: LocalView): Resolver {
  if (!isLocal(question, view)) return 'agent';
  if (askedOf === 'forwarded') return 'no name';
  return DOCKER_KNOWS.has(question.type) ? 'docker' : 'no data';
}

/** What Docker's resolver answers by itself; any other type it forwards. */
const DOCKER_KNOWS: ReadonlySet<number> = new Set([DNS_TYPE.A, DNS_TYPE.AAAA, DNS_TYPE.PTR]);

function isLocal(question: DnsQuestion, view: LocalView): boolean {
  if (question.type !== DNS_TYPE.PTR) return view.names.has(question.name);
  const address = addressOfReverseName(question.name);
  return address !== undefined && chooseRoute(address, view.networks) === 'local';
}
