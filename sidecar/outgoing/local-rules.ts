import net from 'node:net';
import { TABLE } from '../network-plan.ts';
import type { OwnAddresses } from './choose-route.ts';
import { type AddressChange, PAIRS_MAX } from './known-addresses.ts';
import type { RouteRule } from './route-rules.ts';

/** The other chains jump here: it accepts what stays on this machine, and returns with the rest. */
export const JUMP_LOCAL = 'jump local';

/**
 * Before it: refuses IPv6 that is to stay on this machine where this machine has no route for it. The route of a borrowed address
 * (kernel/borrowed-address.ts) would lead it back into this namespace.
 */
export const JUMP_NOWHERE = 'jump nowhere';

/** Rules whose host is a name have a set for the addresses of each family. */
export function hasSets({ pattern: { host } }: RouteRule): boolean {
  return host.kind === 'name' || host.kind === 'project';
}

export interface LocalRules {
  readonly rules: readonly RouteRule[];
  readonly own: OwnAddresses;
  /** Ports of loopback that lead to the pod's. */
  readonly podLoopback: readonly number[];
}

/** The sets, and the chain with one rule of nft for each rule and family, in their order. */
export function localRules(local: LocalRules): string {
  const sets = local.rules.filter(hasSets).flatMap((_, index) =>
    FAMILIES.map(({ version, type }) => {
      return `  set ${setName(index, version)} { type ${type}; size ${PAIRS_MAX}; }`;
    }),
  );
  const chains = chainsOf(local).map(({ name, lines }) => {
    return `  chain ${name} {\n${lines.map((line) => `    ${line}\n`).join('')}  }`;
  });
  return [...sets, ...chains].join('\n');
}

/** Replaces the chains of a table that stands, after a change of the networks. */
export function renderLocalChains(local: LocalRules): string {
  return chainsOf(local)
    .map(({ name, lines }) => {
      const added = lines.map((line) => `add rule inet ${TABLE} ${name} ${line}\n`);
      return `flush chain inet ${TABLE} ${name}\n${added.join('')}`;
    })
    .join('');
}

function chainsOf(local: LocalRules) {
  const nowhere = [
    `ip6 daddr { ${local.own.v6.join(', ')} } return`,
    'oifname "lo" meta nfproto ipv6 reject with icmpx no-route',
  ];
  return [
    { name: 'local', lines: localLines(local) },
    { name: 'nowhere', lines: nowhere },
  ];
}

/** Takes addresses out of the sets, and puts others in: in this order, for a full set has no room before. */
export function renderAddresses(
  rules: readonly RouteRule[],
  {
    added,
    removed,
  }: { readonly added: readonly AddressChange[]; readonly removed: readonly AddressChange[] },
): string {
  const named = rules.filter(hasSets);
  const render = (verb: string) => (change: AddressChange) => {
    const set = setName(named.indexOf(change.rule), net.isIPv6(change.address) ? 6 : 4);
    return `${verb} element inet ${TABLE} ${set} { ${change.address} }\n`;
  };
  return [...removed.map(render('delete')), ...added.map(render('add'))].join('');
}

const FAMILIES = [
  { version: 4, type: 'ipv4_addr', match: 'ip daddr' },
  { version: 6, type: 'ipv6_addr', match: 'ip6 daddr' },
] as const;

function setName(index: number, version: 4 | 6): string {
  return `named${index}_${version}`;
}

/** What follows the first rule of everything is never reached. */
function localLines({ rules, own, podLoopback }: LocalRules): readonly string[] {
  const named = rules.filter(hasSets);
  const ofPod = `tcp dport { ${podLoopback.join(', ')} } return`;
  return [
    ...(podLoopback.length > 0 ? [`ip daddr 127.0.0.1 ${ofPod}`, `ip6 daddr ::1 ${ofPod}`] : []),
    `ip daddr { ${own.v4.join(', ')} } accept`,
    `ip6 daddr { ${own.v6.join(', ')} } accept`,
    ...rules.flatMap((rule) => {
      const { port, protocol } = rule.pattern;
      const transport =
        protocol !== undefined
          ? `meta l4proto ${protocol}`
          : port === undefined
            ? ''
            : 'meta l4proto { tcp, udp }';
      const verdict = rule.route === 'local' ? 'accept' : 'return';
      const rest = [transport, port === undefined ? '' : `th dport ${port}`, verdict];
      return hostMatches(rule, named).map((host) => [host, ...rest].filter(Boolean).join(' '));
    }),
  ];
}

function hostMatches(rule: RouteRule, named: readonly RouteRule[]): readonly string[] {
  const { host } = rule.pattern;
  if (host.kind === 'any') return [''];
  if (host.kind === 'network') {
    const { match } = FAMILIES[host.family === 4 ? 0 : 1];
    return [`${match} ${host.address}/${host.bits}`];
  }
  return FAMILIES.map(({ version, match }) => `${match} @${setName(named.indexOf(rule), version)}`);
}
