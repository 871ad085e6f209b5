import { isMap } from './codec.ts';
import { errnoError } from './errno.ts';
import { LIMITS } from './limits.ts';
import type { Api, Endpoint, Method, StreamInfo, TakenPort, UdpCounts } from './messages.ts';
import { findExcess, type TrafficFilter } from './traffic-filter.ts';

/**
 * What a map from a peer must hold before the code trusts its type. A check returns the value, with a number where the peer's
 * encoder chose a 64-bit integer for it, or undefined where the value does not fit. Keys that are not named are ignored, so
 * that a newer peer may say more.
 */
export type Check<T> = (value: unknown) => T | undefined;

type Fields<T> = { readonly [K in keyof T]-?: Check<Exclude<T[K], undefined>> };
type OptionalKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];

export const text: Check<string> = (value) =>
  typeof value === 'string' && value.length <= LIMITS.textCharacters ? value : undefined;

export const flag: Check<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);

export const natural: Check<number> = (value) => {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0
    ? number
    : undefined;
};

export const bigNatural: Check<bigint> = (value) => {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined;
};

export const port: Check<number> = (value) => {
  const number = natural(value);
  return number !== undefined && number <= 65_535 ? number : undefined;
};

export function oneOf<const T extends string>(...values: readonly T[]): Check<T> {
  return (value) => values.find((known) => known === value);
}

export function listOf<T>(item: Check<T>): Check<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value) || value.length > LIMITS.listItems) return undefined;
    const items: T[] = [];
    for (const element of value) {
      const checked = item(element);
      if (checked === undefined) return undefined;
      items.push(checked);
    }
    return items;
  };
}

/** A map with these fields; those in `optional` may be absent, and are left out then. */
export function mapOf<T extends object>(
  fields: Fields<T>,
  optional: readonly OptionalKeys<T>[] = [],
): Check<T> {
  const entries = Object.entries<Check<unknown>>(fields);
  const absent = new Set<PropertyKey>(optional);
  return (value) => {
    if (!isMap(value)) return undefined;
    const map: Record<string, unknown> = {};
    for (const [key, check] of entries) {
      const given = value[key];
      if ((given === undefined || given === null) && absent.has(key)) continue;
      const checked = check(given);
      if (checked === undefined) return undefined;
      map[key] = checked;
    }
    return map as T;
  };
}

/** A map of texts. */
const texts: Check<Readonly<Record<string, string>>> = (value) => {
  if (!isMap(value)) return undefined;
  const entries = Object.entries(value);
  const areTexts = entries.every(
    ([key, one]) => text(key) !== undefined && text(one) !== undefined,
  );
  return areTexts ? (Object.fromEntries(entries) as Record<string, string>) : undefined;
};

/** A filter within its limits. */
export const trafficFilter: Check<TrafficFilter> = (value) => {
  const filter = filterUpTo(LIMITS.filterDepth)(value);
  return filter && findExcess(filter) === undefined ? filter : undefined;
};

function filterUpTo(depth: number): Check<TrafficFilter> {
  if (depth === 0) return () => undefined;
  const filters = listOf<TrafficFilter>((value) => filterUpTo(depth - 1)(value));
  const fields = { header: texts, path: listOf(text), method: listOf(text), body: texts };
  const all = { ...fields, any: filters, all: filters };
  return mapOf<TrafficFilter>(all, ['header', 'path', 'method', 'body', 'any', 'all']);
}

const nothing = mapOf<Record<string, never>>({});
const mode = oneOf('steal', 'mirror', 'off');
const ports = listOf(port);
const endpoint = mapOf<Endpoint>({ address: text, port });

type Attributes = Api['files.stat']['answer']['attributes'];
const attributes = mapOf<Attributes>({
  ino: natural,
  mode: natural,
  nlink: natural,
  uid: natural,
  gid: natural,
  rdev: natural,
  size: natural,
  blocks: natural,
  atimeNs: bigNatural,
  mtimeNs: bigNatural,
  ctimeNs: bigNatural,
});

type Entry = Api['files.list']['answer']['entries'][number];
const entry = mapOf<Entry>({ name: text, attributes, link: text }, ['link']);

type TreeFile = Api['files.tree']['answer']['files'][number];
const treeFile = mapOf<TreeFile>(
  {
    path: text,
    mode: natural,
    uid: natural,
    gid: natural,
    kind: oneOf('directory', 'file', 'link'),
    link: text,
    size: natural,
  },
  ['link'],
);

type Status = Api['agent.status']['answer'];
const udpCounts = { flows: natural, sent: natural, received: natural, dropped: natural };
const status = mapOf<Status>({
  protocol: natural,
  incoming: mapOf<Status['incoming']>(
    {
      mode,
      ports,
      taken: mapOf<TakenPort>({ port, session: text }),
      connections: natural,
      open: natural,
      passed: natural,
      dropped: natural,
      udp: mapOf<Status['incoming']['udp']>({ ...udpCounts, ports }),
    },
    ['taken'],
  ),
  outgoing: mapOf<Status['outgoing']>({
    connections: natural,
    open: natural,
    failed: natural,
    udp: mapOf<UdpCounts>(udpCounts),
  }),
  dnsQueries: natural,
  fileOperations: natural,
  rssBytes: natural,
  linkUp: flag,
});

type Checks = {
  readonly [M in Method]: {
    readonly args: Check<Api[M]['args']>;
    readonly answer: Check<Api[M]['answer']>;
  };
};

const checks: Checks = {
  'incoming.set': {
    args: mapOf<Api['incoming.set']['args']>(
      { mode, ports, flush: flag, filter: trafficFilter, udp: ports },
      ['flush', 'filter', 'udp'],
    ),
    answer: mapOf<Api['incoming.set']['answer']>({ ports, udp: ports }, ['udp']),
  },
  'dns.query': { args: mapOf({ transport: oneOf('udp', 'tcp') }), answer: nothing },
  'files.stat': {
    args: mapOf({ path: text, follow: flag }),
    answer: mapOf<Api['files.stat']['answer']>({ attributes, link: text }, ['link']),
  },
  'files.list': { args: mapOf({ path: text }), answer: mapOf({ entries: listOf(entry) }) },
  'files.read': {
    args: mapOf({ path: text, offset: natural, length: natural }),
    answer: mapOf({ attributes }),
  },
  'files.tree': {
    args: mapOf({ path: text }),
    answer: mapOf({ files: listOf(treeFile), version: text }),
  },
  'files.watch': {
    args: mapOf({ path: text, version: text, waitMs: natural }),
    answer: mapOf({ version: text }),
  },
  'target.addresses': { args: nothing, answer: mapOf({ addresses: listOf(text) }) },
  'agent.status': { args: nothing, answer: status },
  'target.environment': { args: nothing, answer: nothing },
  'target.network': {
    args: nothing,
    answer: mapOf({ pods: listOf(text), services: listOf(text) }),
  },
  'incoming.release': { args: nothing, answer: nothing },
  'agent.leave': { args: nothing, answer: nothing },
  'sidecar.notice': { args: mapOf({ text }), answer: nothing },
};

/** The arguments of a call, or EINVAL. */
export function checkArgs<M extends Method>(method: M, value: unknown): Api[M]['args'] {
  const args = checks[method].args(value);
  if (args === undefined) throw errnoError('EINVAL', `${method} was called with wrong arguments`);
  return args;
}

/** The map of an answer, or EPROTO. */
export function checkAnswer<M extends Method>(method: M, value: unknown): Api[M]['answer'] {
  const answer = checks[method].answer(value);
  if (answer === undefined) throw errnoError('EPROTO', `the peer answered ${method} wrongly`);
  return answer;
}

type Outgoing = Extract<StreamInfo, { kind: 'outgoing.tcp' }>;
type Incoming = Extract<StreamInfo, { kind: 'incoming.tcp' }>;
const outgoing = mapOf<Outgoing>({ kind: oneOf('outgoing.tcp'), to: endpoint });
const outgoingUdp = mapOf<Extract<StreamInfo, { kind: 'outgoing.udp' }>>({
  kind: oneOf('outgoing.udp'),
});
const outgoingUnix = mapOf<Extract<StreamInfo, { kind: 'outgoing.unix' }>>({
  kind: oneOf('outgoing.unix'),
  path: text,
});
const incomingUdp = mapOf<Extract<StreamInfo, { kind: 'incoming.udp' }>>({
  kind: oneOf('incoming.udp'),
  mode: oneOf('steal', 'mirror'),
  from: endpoint,
  to: endpoint,
});
const incoming = mapOf<Incoming>(
  {
    kind: oneOf('incoming.tcp'),
    mode: oneOf('steal', 'mirror'),
    from: endpoint,
    to: endpoint,
    joined: flag,
  },
  ['joined'],
);

/** What an OPEN says, or undefined where this side does not know such a stream. */
export function checkStreamInfo(value: unknown): StreamInfo | undefined {
  return (
    outgoing(value) ??
    outgoingUdp(value) ??
    outgoingUnix(value) ??
    incoming(value) ??
    incomingUdp(value)
  );
}
