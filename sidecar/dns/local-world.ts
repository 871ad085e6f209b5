import { readFileSync } from 'node:fs';
import os from 'node:os';
import type { SidecarConfig } from '../../src/protocol/launch.ts';
import { findOwn, type Surroundings, surroundings } from '../outgoing/choose-route.ts';
import {
  type Answered,
  KnownAddresses,
  type KnownAddressesOptions,
} from '../outgoing/known-addresses.ts';
import { hasSets } from '../outgoing/local-rules.ts';
import {
  connectionRules,
  type Destination,
  decide,
  nameRules,
  podLoopbackRule,
  type RouteRule,
  withNetworks,
} from '../outgoing/route-rules.ts';
import type { Families } from '../outgoing/rules.ts';
import { hostsEntries, resolversOf, TEXT_MAX_BYTES, upstreamsOf } from './local-names.ts';

export type WorldConfig = Pick<SidecarConfig, 'localNames' | 'outgoing' | 'dns'>;

/** Where each name and each address belongs: by the settings, the compose project, and the networks as the namespace has them. */
export class LocalWorld {
  /** The service's own resolvers, Docker's among them. */
  readonly resolvers: readonly string[];
  /** Those that Docker's resolver asks from inside of this namespace. */
  readonly upstreams: readonly string[];
  /** Ports of loopback that lead to the pod's. */
  readonly podLoopback: readonly number[];
  readonly #connections: readonly RouteRule[];
  readonly #names: readonly RouteRule[];
  readonly #known: KnownAddresses;
  #surroundings: Surroundings = { own: { v4: [], v6: [] }, connected: [] };
  /** Those of connections, in their order. */
  rules: readonly RouteRule[] = [];
  /** The pod's address that this namespace has for now; it belongs to the pod all the same. */
  borrowed: string | undefined;

  constructor(config: WorldConfig, onChange: KnownAddressesOptions['onChange']) {
    const names = new Set(config.localNames.map((name) => name.toLowerCase()));
    const resolvConf = readText('/etc/resolv.conf');
    this.resolvers = resolversOf(resolvConf);
    this.upstreams = upstreamsOf(resolvConf);
    this.#names = nameRules(config, names);
    // What the pod answers for a name of the project is reached from the pod.
    const ours = [...names].filter((name) => this.ruleOfName(name).route === 'local');
    this.#connections = connectionRules(config, new Set(ours));
    this.podLoopback = config.outgoing.podLoopback;
    this.#known = new KnownAddresses({
      rules: this.#connections.filter(hasSets),
      onChange,
      nowMs: () => performance.now(),
    });
    this.refresh();
  }

  /** Where `lo` has no IPv6 there is nothing that could take it. */
  get families(): Families {
    return this.own.v6.includes('::1') ? 'both' : 'ipv4';
  }

  get own() {
    return this.#surroundings.own;
  }

  /** What the rules of names hold for now. */
  get known() {
    return this.#known.all;
  }

  /** What /etc/hosts, which is the service's too, says of a name: no resolver is asked then. */
  addressesInHosts(name: string): readonly string[] {
    return hostsEntries(readText('/etc/hosts'))
      .filter(({ names }) => names.includes(name.toLowerCase()))
      .map(({ address }) => address);
  }

  /** An answer that is about to reach the service. */
  learn(name: string, answered: readonly Answered[]): void {
    this.#known.learn(name, answered);
  }

  /** Which rule says who resolves a name. */
  ruleOfName(name: string): RouteRule {
    return decide(this.#names, { names: [name] });
  }

  /** Which rule says where a connection goes. `own`: one of `this.own`, as no filter can change. */
  ruleOf(
    destination: Destination & { readonly address: string },
  ): RouteRule | { readonly own: string } {
    const { address, port, protocol } = destination;
    const isLoopback = address === '127.0.0.1' || address === '::1';
    const isOfPod = isLoopback && protocol === 'tcp' && port !== undefined;
    if (isOfPod && this.podLoopback.includes(port)) return podLoopbackRule(port);
    const own = findOwn(address, this.own);
    if (own !== undefined) return { own };
    const names = [...destination.names, ...this.#known.namesOf(destination.address)];
    return decide(this.rules, { ...destination, names });
  }

  /** Docker may attach the namespace to another network, or write /etc/hosts anew, while the service runs. */
  refresh(): void {
    this.#surroundings = surroundings(os.networkInterfaces(), this.borrowed);
    this.rules = withNetworks(this.#connections, this.#surroundings.connected);
    for (const { address, names } of hostsEntries(readText('/etc/hosts'))) {
      for (const name of names) this.#known.learn(name, [{ address, ttlSeconds: 0 }]);
    }
    this.#known.sweep();
  }
}

/** At most `TEXT_MAX_BYTES` of a file; nothing of one that is not there. */
function readText(path: string): string {
  try {
    return readFileSync(path).toString('latin1', 0, TEXT_MAX_BYTES);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
