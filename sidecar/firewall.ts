import { NftTable } from '../src/kernel/nftables.ts';
import { addFallbackDefaultRoutes, PolicyRouting } from '../src/kernel/policy-routing.ts';
import { type QueueMeans, QueueTable } from '../src/kernel/queue-table.ts';
import { MARKS, PORTS, QUEUE, QUEUE_TABLE, ROUTING, TABLE } from './network-plan.ts';
import type { LocalNetworks } from './outgoing/choose-route.ts';
import { LIST_REFUSED, parseRefused, type Refused } from './outgoing/watch-refused.ts';
import { renderNetworks, renderRules } from './rules.ts';

export interface FirewallOptions {
  readonly networks: LocalNetworks;
  readonly resolvers: readonly string[];
}

/**
 * The sidecar's rules and routes in this network namespace. They stay when the sidecar ends, so that nothing of the
 * service leaves by another way meanwhile (see rules.ts); only the queue's table goes, with its reader.
 */
export class Firewall {
  /** Which of the kernel's ways to hold a packet was found. */
  readonly means: QueueMeans;
  readonly #nft = new NftTable(TABLE);
  readonly #queue: QueueTable;
  #networks = '';

  /** Listeners and queue must be there already: from here on packets come. Throws what the kernel refuses. */
  constructor({ networks, resolvers }: FirewallOptions) {
    addFallbackDefaultRoutes();
    new PolicyRouting({ mark: MARKS.carry, ...ROUTING });
    this.#nft.run(renderRules({ networks, resolvers, ports: PORTS }));
    this.#networks = renderNetworks(networks);
    this.#queue = new QueueTable({ name: QUEUE_TABLE, mark: MARKS.hold, queue: QUEUE });
    this.means = this.#queue.means;
  }

  /** Follows a change of the local networks. */
  setNetworks(networks: LocalNetworks): void {
    const script = renderNetworks(networks);
    if (script === this.#networks) return;
    this.#nft.run(script);
    this.#networks = script;
  }

  listRefused(): Refused {
    return parseRefused(this.#nft.run(LIST_REFUSED));
  }

  /** From here on connects are refused. Idempotent. */
  close(): void {
    this.#queue.close();
    this.#nft.close();
  }
}
