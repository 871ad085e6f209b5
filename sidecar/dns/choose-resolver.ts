import { DNS_TYPE, type DnsQuestion } from '../../src/protocol/dns-message.ts';
import { addressOfReverseName } from './local-names.ts';
import type { LocalWorld } from './local-world.ts';

/**
 * `service`: asked of the service's own resolver. `forwarded`: asked of any other nameserver, mostly by dockerd, whose
 * resolver forwards what it does not know from inside of this namespace.
 */
export type AskedOf = 'service' | 'forwarded';

/** `no data` is answered here: Docker, which owns the name, would say the same. */
export type Resolver = 'docker' | 'agent' | 'no data';

/** `upstream`: the nameservers that Docker's resolver was on its way to. `no name` is answered here. */
export type Forwarded = 'upstream' | 'agent' | 'no name';

export type LocalView = Pick<LocalWorld, 'ruleOfName' | 'ruleOf'>;

/**
 * Who answers what the service asks. A name of the compose project never reaches the agent, not even while Docker does not
 * know it (its container is down): the cluster may have the same name, and would answer for another world.
 */
export function chooseResolver(question: DnsQuestion, world: LocalView): Resolver {
  const owner = ownerOf(question, world);
  if (owner !== 'project') return owner === 'agent' ? 'agent' : 'docker';
  return DOCKER_KNOWS.has(question.type) ? 'docker' : 'no data';
}

/** Who answers what is forwarded. It never goes back to Docker: it would come again. */
export function chooseForwarded(question: DnsQuestion, world: LocalView): Forwarded {
  const owner = ownerOf(question, world);
  if (owner === 'project') return 'no name';
  return owner === 'agent' ? 'agent' : 'upstream';
}

/** What Docker's resolver answers by itself; any other type it forwards. */
const DOCKER_KNOWS: ReadonlySet<number> = new Set([DNS_TYPE.A, DNS_TYPE.AAAA, DNS_TYPE.PTR]);

/** `filter`: a name or an address is local because of the settings. A reverse name belongs where its address does. */
function ownerOf({ type, name }: DnsQuestion, world: LocalView): 'project' | 'filter' | 'agent' {
  const address = type === DNS_TYPE.PTR ? addressOfReverseName(name) : undefined;
  const rule =
    address === undefined ? world.ruleOfName(name) : world.ruleOf({ address, names: [] });
  if ('own' in rule) return 'project';
  if (rule.route === 'agent') return 'agent';
  return rule.list === 'project' || rule.list === 'network' ? 'project' : 'filter';
}
