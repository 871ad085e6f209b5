import { NftTable } from '../src/kernel/nftables.ts';
import { addFallbackDefaultRoutes, PolicyRouting } from '../src/kernel/policy-routing.ts';
import { type QueueMeans, QueueTable } from '../src/kernel/queue-table.ts';
import type { LocalWorld } from './dns/local-world.ts';
import { MARKS, PORTS, QUEUE, QUEUE_TABLE, ROUTING, TABLE } from './network-plan.ts';
import type { KnownAddressesOptions } from './outgoing/known-addresses.ts';
import { type LocalRules, renderAddresses, renderLocalChain } from './outgoing/local-rules.ts';
import { LIST_REFUSED, parseRefused, type Refused } from './outgoing/watch-refused.ts';
import { renderRules } from './rules.ts';

type World = LocalRules & Pick<LocalWorld, 'resolvers' | 'known'>;

/**
 * The sidecar's rules and routes in this network namespace. They stay when the sidecar ends, so that nothing of the
 * service leaves by another way meanwhile (see rules.ts); only the queue's table goes, with its reader.
 */
export class Firewall {
  /** Which of the kernel's ways to hold a packet was found. */
  readonly means: QueueMeans;
  readonly #nft = new NftTable(TABLE);
  readonly #queue: QueueTable;
  #local: string;

  /** Listeners and queue must be there already: from here on packets come. Throws what the kernel refuses. */
  constructor(world: World) {
    addFallbackDefaultRoutes();
    new PolicyRouting({ mark: MARKS.carry, ...ROUTING });
    const { rules, own, podLoopback, resolvers } = world;
    this.#nft.run(renderRules({ rules, own, podLoopback, resolvers, ports: PORTS }));
    this.#local = renderLocalChain(world);
    this.setAddresses(rules, { added: world.known, removed: [] });
    this.#queue = new QueueTable({ name: QUEUE_TABLE, mark: MARKS.hold, queue: QUEUE });
    this.means = this.#queue.means;
  }

  /** Follows a change of the networks. */
  setLocal(local: LocalRules): void {
    const script = renderLocalChain(local);
    if (script === this.#local) return;
    this.#nft.run(script);
    this.#local = script;
  }

  /** Follows what is answered for names. */
  setAddresses(
    rules: World['rules'],
    ...[changes]: Parameters<KnownAddressesOptions['onChange']>
  ): void {
    const script = renderAddresses(rules, changes);
    if (script !== '') this.#nft.run(script);
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
