import { NftTable } from '../src/kernel/nftables.ts';
import { addFallbackDefaultRoute, PolicyRouting } from '../src/kernel/policy-routing.ts';
import { type QueueMeans, QueueTable } from '../src/kernel/queue-table.ts';
import type { LocalWorld } from './dns/local-world.ts';
import {
  DATAGRAM_TABLE,
  MARKS,
  PORTS,
  QUEUE,
  QUEUE_TABLE,
  ROUTING,
  TABLE,
} from './network-plan.ts';
import type { KnownAddressesOptions } from './outgoing/known-addresses.ts';
import { type LocalRules, renderAddresses, renderLocalChains } from './outgoing/local-rules.ts';
import { carryDatagrams } from './outgoing/rules.ts';
import { LIST_REFUSED, parseRefused } from './outgoing/watch-refused.ts';
import { renderRules } from './rules.ts';

type World = LocalRules & Pick<LocalWorld, 'resolvers' | 'known' | 'families'>;

/**
 * The sidecar's rules and routes in this network namespace. They stay when the sidecar ends, so that nothing of the
 * service leaves by another way meanwhile (see rules.ts); only the tables of the queue and of datagrams go, with their reader.
 */
export class Firewall {
  /** Which of the kernel's ways to hold a packet was found. */
  readonly means: QueueMeans;
  readonly #nft = new NftTable(TABLE);
  readonly #queue: QueueTable;
  readonly #datagrams = new NftTable(DATAGRAM_TABLE);
  #local: string;

  /** Listeners and queue must be there already: from here on packets come. Throws what the kernel refuses. */
  constructor(world: World) {
    addFallbackDefaultRoute();
    new PolicyRouting({ mark: MARKS.carry, ...ROUTING });
    const { rules, own, podLoopback, resolvers, families } = world;
    this.#nft.run(renderRules({ rules, own, podLoopback, resolvers, families, ports: PORTS }));
    this.#local = renderLocalChains(world);
    this.setAddresses(rules, { added: world.known, removed: [] });
    this.#queue = new QueueTable({ name: QUEUE_TABLE, mark: MARKS.hold, queue: QUEUE });
    this.means = this.#queue.means;
    this.#datagrams.replace(carryDatagrams());
  }

  /** Follows a change of the networks. */
  setLocal(local: LocalRules): void {
    const script = renderLocalChains(local);
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

  /** Packets that the rules refused so far. */
  countRefused(): number {
    return parseRefused(this.#nft.run(LIST_REFUSED));
  }

  /** From here on connects are refused. Idempotent. */
  close(): void {
    this.#queue.close();
    this.#datagrams.close();
    this.#nft.close();
  }
}
