import { findOwn } from './choose-route.ts';
import { connectionRules, decide, nameRules, withNetworks } from './route-rules.ts';

export interface TestWorld {
  readonly names?: readonly string[];
  readonly networks?: readonly string[];
  readonly outgoing?: { readonly local?: readonly string[]; readonly remote?: readonly string[] };
  readonly dns?: { readonly local?: readonly string[]; readonly remote?: readonly string[] };
}

/** The rules of a world that no machine has. */
export function testWorld({ names = [], networks = [], outgoing, dns }: TestWorld) {
  const filters = {
    outgoing: { local: [], remote: [], ...outgoing },
    dns: { local: [], remote: [], ...dns },
  };
  const ofProject = new Set(names);
  const rules = withNetworks(connectionRules(filters, ofProject), networks);
  const own = { v4: ['127.0.0.0/8', '172.18.0.2'], v6: ['::/127'] };
  return {
    rules,
    own,
    podLoopback: [9901, 15000],
    ruleOfName: (name: string) => decide(nameRules(filters, ofProject), { names: [name] }),
    ruleOf: (destination: Parameters<typeof decide>[1] & { readonly address: string }) => {
      const found = findOwn(destination.address, own);
      return found === undefined ? decide(rules, destination) : { own: found };
    },
    learn: () => undefined,
    addressesInHosts: (name: string) => (name === 'gateway' ? ['172.17.0.1'] : []),
  };
}
