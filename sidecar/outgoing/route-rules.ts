import type { FilterList, SidecarConfig } from '../../src/protocol/launch.ts';
import {
  type HostPattern,
  isAboutNames,
  matchesAddress,
  matchesName,
  type Pattern,
  parsePattern,
} from '../../src/protocol/pattern.ts';

/** `local`: on the developer's machine; `agent`: where the target is. */
export type Route = 'local' | 'agent';

export interface RouteRule {
  readonly route: Route;
  /** Where it stands: in a list of the settings, or it is the compose project's, a network's, or what holds without any. */
  readonly list: FilterList | 'project' | 'network' | 'default';
  readonly pattern: Omit<Pattern, 'host'> & { readonly host: RuleHost };
}

/** `project`: the names of the compose project, each a whole one. */
export type RuleHost =
  | HostPattern
  | { readonly kind: 'project'; readonly names: ReadonlySet<string> };

/** Where something goes: to an address, once it is known, that may have been answered for names. */
export interface Destination {
  readonly address?: string;
  readonly names: readonly string[];
  readonly protocol?: 'tcp' | 'udp';
  readonly port?: number;
}

export interface Filters extends Pick<SidecarConfig, 'dns'> {
  readonly outgoing: Pick<SidecarConfig['outgoing'], 'local' | 'remote'>;
}

/** In the order in which equals are preferred: what is said of names alone, the exception, then what nobody asked for. */
const LISTS = ['dns.local', 'dns.remote', 'outgoing.local', 'outgoing.remote'] as const;
const RANKS: readonly RouteRule['list'][] = [...LISTS, 'project', 'network', 'default'];

/** What the settings and the compose project say of connections. */
export function connectionRules(
  { outgoing }: Pick<Filters, 'outgoing'>,
  names: ReadonlySet<string>,
): readonly RouteRule[] {
  return inOrder([
    ...rulesOf('outgoing.local', 'local', outgoing.local),
    ...rulesOf('outgoing.remote', 'agent', outgoing.remote),
    projectRule(names),
    DEFAULT,
  ]);
}

/** The same, with the networks to which the namespace is connected. */
export function withNetworks(
  rules: readonly RouteRule[],
  networks: readonly string[],
): readonly RouteRule[] {
  return inOrder([...rules, ...rulesOf('network', 'local', networks)]);
}

/** The rules for who resolves a name, in the same order. A filter of `outgoing` without port and protocol counts here too. */
export function nameRules(
  { outgoing, dns }: Filters,
  names: ReadonlySet<string>,
): readonly RouteRule[] {
  return inOrder([
    ...rulesOf('dns.local', 'local', dns.local),
    ...rulesOf('dns.remote', 'agent', dns.remote),
    ...rulesOf('outgoing.local', 'local', outgoing.local),
    ...rulesOf('outgoing.remote', 'agent', outgoing.remote),
    projectRule(names),
    DEFAULT,
  ]).filter(({ pattern }) => isAboutNames(pattern));
}

/** The rule that decides. A rule with a port or a protocol does not decide where none is asked for. */
export function decide(rules: readonly RouteRule[], destination: Destination): RouteRule {
  return rules.find((rule) => matches(rule, destination)) ?? DEFAULT;
}

/** Whether a name is one that the rule is about. */
export function isNameOf({ pattern: { host } }: RouteRule, name: string): boolean {
  return host.kind === 'project' ? host.names.has(name) : matchesName(host, name);
}

const EVERYTHING = { text: '', protocol: undefined, port: undefined } as const;
const DEFAULT: RouteRule = {
  route: 'agent',
  list: 'default',
  pattern: { ...EVERYTHING, host: { kind: 'any' } },
};

function projectRule(names: ReadonlySet<string>): RouteRule {
  const pattern = { ...EVERYTHING, host: { kind: 'project', names } } as const;
  return { route: 'local', list: 'project', pattern };
}

/** A port of this namespace's loopback that leads to the pod's. */
export function podLoopbackRule(port: number): RouteRule {
  const pattern = { text: String(port), protocol: 'tcp', host: { kind: 'any' }, port } as const;
  return { route: 'agent', list: 'outgoing.podLoopback', pattern };
}

function rulesOf(list: RouteRule['list'], route: Route, texts: readonly string[]): RouteRule[] {
  return texts.map((text) => {
    const pattern = parsePattern(text);
    if ('problem' in pattern) throw new Error(`${list} ${text}: ${pattern.problem}`);
    return { route, list, pattern };
  });
}

/**
 * The most specific first: the first one that matches decides. More specific is
 *
 * 1. by its host: a whole name, before an address, before a name with `*`, before a network, before everything;
 *    of two names with `*` the one with more characters, of two networks the one with more bits;
 * 2. by a port;
 * 3. by a protocol.
 *
 * Of equals a filter goes before what holds without it, and `local` before `remote`.
 */
function inOrder(rules: readonly RouteRule[]): readonly RouteRule[] {
  return [...rules].sort((a, b) => {
    const [left, right] = [specificity(a), specificity(b)];
    const at = left.findIndex((value, index) => value !== right[index]);
    return at < 0 ? 0 : (right[at] ?? 0) - (left[at] ?? 0);
  });
}

/** Compared from the left; more is more specific. */
function specificity({ list, pattern }: RouteRule): readonly number[] {
  const { host, port, protocol } = pattern;
  return [
    ...hostSpecificity(host),
    port === undefined ? 0 : 1,
    protocol === undefined ? 0 : 1,
    -RANKS.indexOf(list),
  ];
}

function hostSpecificity(host: RuleHost): readonly [kind: number, within: number] {
  switch (host.kind) {
    case 'project':
      return [4, 0];
    case 'name': {
      const letters = host.labels.join('.').replaceAll('*', '').length;
      return host.labels.some((label) => label.includes('*')) ? [2, letters] : [4, 0];
    }
    case 'network':
      return host.bits === (host.family === 4 ? 32 : 128) ? [3, 0] : [1, host.bits];
    case 'any':
      return [0, 0];
  }
}

function matches(rule: RouteRule, { address, names, protocol, port }: Destination): boolean {
  const { pattern } = rule;
  if (pattern.protocol !== undefined && pattern.protocol !== protocol) return false;
  if (pattern.port !== undefined && pattern.port !== port) return false;
  const { host } = pattern;
  if (host.kind === 'any') return true;
  if (host.kind === 'network') return address !== undefined && matchesAddress(host, address);
  return names.some((name) => isNameOf(rule, name));
}
