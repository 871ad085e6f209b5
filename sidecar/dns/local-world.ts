import { readFileSync } from 'node:fs';
import os from 'node:os';
import { type LocalNetworks, localNetworks } from '../outgoing/choose-route.ts';
import type { LocalView } from './choose-resolver.ts';
import { addressesOfNames, resolversOf, TEXT_MAX_BYTES } from './local-names.ts';

/** What stays in the developer's own world: names by configuration, networks as the namespace has them. */
export class LocalWorld implements LocalView {
  readonly names: ReadonlySet<string>;
  /** The service's own resolvers, Docker's among them. */
  readonly resolvers: readonly string[];
  #networks: LocalNetworks;

  constructor(names: readonly string[]) {
    this.names = new Set(names.map((name) => name.toLowerCase()));
    this.resolvers = resolversOf(readText('/etc/resolv.conf'));
    this.#networks = readLocalNetworks(this.names);
  }

  /** What /etc/hosts, which is the service's too, says of a name: no resolver is asked then. */
  addressesInHosts(name: string): readonly string[] {
    return addressesOfNames(readText('/etc/hosts'), new Set([name.toLowerCase()]));
  }

  get networks(): LocalNetworks {
    return this.#networks;
  }

  /** Docker may attach the namespace to another network, or write /etc/hosts anew, while the service runs. */
  refresh(): LocalNetworks {
    this.#networks = readLocalNetworks(this.names);
    return this.#networks;
  }
}

function readLocalNetworks(names: ReadonlySet<string>): LocalNetworks {
  return localNetworks(os.networkInterfaces(), addressesOfNames(readText('/etc/hosts'), names));
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
