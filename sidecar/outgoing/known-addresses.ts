import { isNameOf, type RouteRule } from './route-rules.ts';

/** A program may keep an address for longer than its time to live, such as a pool of connections. */
const LEAST_SECONDS = 600;
const LONGEST_SECONDS = 86_400;
/** Pairs of a name and an address; of more the oldest are forgotten. */
export const PAIRS_MAX = 8_192;

export interface Answered {
  readonly address: string;
  readonly ttlSeconds: number;
}

/** An address that a rule holds for or does not any more, because of a name. */
export interface AddressChange {
  readonly rule: RouteRule;
  readonly address: string;
}

export interface KnownAddressesOptions {
  /** Those of connections whose host is a name. */
  readonly rules: readonly RouteRule[];
  /** Tells the kernel, before the answer reaches who asked. */
  readonly onChange: (changes: {
    readonly added: readonly AddressChange[];
    readonly removed: readonly AddressChange[];
  }) => void;
  readonly nowMs: () => number;
}

interface Pair {
  readonly name: string;
  readonly address: string;
  readonly rules: readonly RouteRule[];
  readonly endMs: number;
}

/**
 * Which addresses were answered for the names that rules are about. An address stays known for the answer's time to live, ten
 * minutes at least and a day at most, and for as long as any name that leads to it is.
 */
export class KnownAddresses {
  readonly #options: KnownAddressesOptions;
  /** By name and address, the one that was learned longest ago first. */
  readonly #pairs = new Map<string, Pair>();
  /** How many names lead to an address, for each rule. */
  readonly #uses = new Map<RouteRule, Map<string, number>>();

  constructor(options: KnownAddressesOptions) {
    this.#options = options;
    for (const rule of options.rules) this.#uses.set(rule, new Map());
  }

  /** A name in lower case, and what was answered for it. A name that no rule is about is not kept. */
  learn(name: string, answered: readonly Answered[]): void {
    const rules = this.#options.rules.filter((rule) => isNameOf(rule, name));
    if (rules.length === 0 || answered.length === 0) return;
    const nowMs = this.#options.nowMs();
    const added: AddressChange[] = [];
    for (const { address, ttlSeconds } of answered) {
      const key = `${name} ${address}`;
      const seconds = Math.min(LONGEST_SECONDS, Math.max(LEAST_SECONDS, ttlSeconds));
      const endMs = Math.max(nowMs + seconds * 1_000, this.#pairs.get(key)?.endMs ?? 0);
      if (!this.#pairs.delete(key)) added.push(...this.#count(rules, address));
      this.#pairs.set(key, { name, address, rules, endMs });
    }
    const surplus = [...this.#pairs.keys()].slice(0, Math.max(0, this.#pairs.size - PAIRS_MAX));
    this.#change(added, surplus);
  }

  /** Forgets what is over; call it every second. */
  sweep(): void {
    const nowMs = this.#options.nowMs();
    const over = [...this.#pairs].filter(([, { endMs }]) => endMs <= nowMs).map(([key]) => key);
    this.#change([], over);
  }

  /** The names for which an address was answered. */
  namesOf(address: string): readonly string[] {
    return [...this.#pairs.values()]
      .filter((pair) => pair.address === address)
      .map(({ name }) => name);
  }

  /** What every rule holds for now. */
  get all(): readonly AddressChange[] {
    return [...this.#uses].flatMap(([rule, addresses]) =>
      [...addresses.keys()].map((address) => ({ rule, address })),
    );
  }

  #change(added: readonly AddressChange[], forgotten: readonly string[]): void {
    const removed = forgotten.flatMap((key) => this.#forget(key));
    if (added.length + removed.length > 0) this.#options.onChange({ added, removed });
  }

  #count(rules: readonly RouteRule[], address: string): AddressChange[] {
    return rules
      .filter((rule) => this.#add(rule, address, 1) === 1)
      .map((rule) => ({ rule, address }));
  }

  #forget(key: string): AddressChange[] {
    const pair = this.#pairs.get(key);
    this.#pairs.delete(key);
    const { rules = [], address = '' } = pair ?? {};
    return rules
      .filter((rule) => this.#add(rule, address, -1) === 0)
      .map((rule) => ({ rule, address }));
  }

  #add(rule: RouteRule, address: string, by: 1 | -1): number {
    const addresses = this.#uses.get(rule) ?? new Map<string, number>();
    const uses = (addresses.get(address) ?? 0) + by;
    if (uses === 0) addresses.delete(address);
    else addresses.set(address, uses);
    return uses;
  }
}
