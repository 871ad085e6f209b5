import net from 'node:net';
import { borrowAddress, returnAddress } from '../../src/kernel/borrowed-address.ts';
import type { Journal } from '../../src/runtime/journal.ts';
import type { AgentLink } from '../link/agent-link.ts';
import { KeepAsking } from '../link/keep-asking.ts';
import { ROUTING } from '../network-plan.ts';
import type { Families } from './rules.ts';

const CALL_MS = 5_000;

export interface PodAddressOptions {
  readonly link: Pick<AgentLink, 'call' | 'state'>;
  /** Told in `borrowed` which address this namespace has from now on. */
  readonly world: { readonly families: Families; borrowed: string | undefined };
  readonly journal: Pick<Journal, 'problem' | 'over'>;
  readonly signal: AbortSignal;
}

/**
 * Makes IPv6 of this namespace what it is in the pod. Docker's networks rarely have it, and programs look before they connect: without an
 * address resolvers leave AAAA out, and sort it behind (RFC 6724). So where the pod has an IPv6 address this namespace gets it too, on `lo`, with
 * a route that brings connections as far as the rules; where it has none, this namespace gets none, and a connect() fails at once as it does there.
 *
 * Asked again whenever the link came up: it may be another pod's. The address stays when the sidecar ends, as the rules do.
 */
export class PodAddress {
  readonly #options: PodAddressOptions;
  #isKnown = false;
  readonly #asking: KeepAsking;

  constructor(options: PodAddressOptions) {
    this.#options = options;
    this.#asking = new KeepAsking({ ...options, name: 'pod address', ask: () => this.#ask() });
  }

  /** Whether the agent has told it. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** Whether the service reaches IPv6 addresses through the pod. */
  get ipv6(): 'carried' | 'not in the pod' | 'switched off here' {
    const { families, borrowed } = this.#options.world;
    if (families === 'ipv4') return 'switched off here';
    return borrowed === undefined ? 'not in the pod' : 'carried';
  }

  /** The agent may be another one. */
  ask(): void {
    this.#asking.again();
  }

  async #ask(): Promise<void> {
    const { link, journal, signal } = this.#options;
    const { body } = await link.call('target.addresses', {}, { timeoutMs: CALL_MS, signal });
    this.#set(body.addresses.find((address) => net.isIPv6(address)));
    this.#isKnown = true;
    journal.over('pod address');
  }

  #set(address: string | undefined): void {
    const { world } = this.#options;
    const former = world.borrowed;
    if (address === former || world.families === 'ipv4') return;
    if (former !== undefined) returnAddress(former, ROUTING.table);
    if (address !== undefined) borrowAddress(address, ROUTING.table);
    world.borrowed = address;
  }
}
