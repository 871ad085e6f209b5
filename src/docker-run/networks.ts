import { escapeDollars, type Model, type Value } from '../compose/model.ts';
import { kdevError } from '../errors/kdev-error.ts';
import { parseFields } from './fields.ts';
import { misused } from './misused.ts';
import { allOf, type Given } from './parse-words.ts';
import { toMap } from './values.ts';

export interface Networks {
  /** Of the service: `network_mode`, or `networks`. */
  readonly service: Model;
  /** The project's: each exists already. */
  readonly project: Model;
}

/** Options of a network of the user's own, and what Compose calls them. */
const ofNetwork: Readonly<Record<string, string>> = {
  'network-alias': 'aliases',
  ip: 'ipv4_address',
  ip6: 'ipv6_address',
  'link-local-ip': 'link_local_ips',
};
const fieldKeys: Readonly<Record<string, string>> = {
  alias: 'aliases',
  ip: 'ipv4_address',
  ip6: 'ipv6_address',
  'link-local-ip': 'link_local_ips',
  'mac-address': 'mac_address',
  'driver-opt': 'driver_opts',
  'gw-priority': 'gw_priority',
};
const lists = new Set(['aliases', 'link_local_ips']);

/** `--network`, and what goes with it. Without one the container is on Docker's own bridge, as with `docker run`. */
export function networksOf(given: Given): Networks {
  const named = allOf(given, 'network').map(parseNetwork);
  for (const { name } of named) refuseForeign(name);
  const others = named.filter(({ name }) => !isBridge(name));
  const options = Object.keys(ofNetwork).filter((name) => given.has(name));
  const [first] = others;
  if (!first) {
    const [option] = options;
    if (option !== undefined) {
      throw misused(`--${option} needs a network of your own: docker network create, --network`);
    }
    return { service: { network_mode: 'bridge' }, project: {} };
  }
  if (others.length < named.length) {
    throw misused("--network: Docker's own bridge and other networks cannot be joined at once");
  }
  const extra = options.map((option): [string, readonly string[]] => [
    ofNetwork[option] ?? option,
    allOf(given, option),
  ]);
  const joined = others.map(({ name, model }): [string, Model] => [
    name,
    name === first.name ? { ...model, ...toModel(extra) } : model,
  ]);
  const isExternal = ([name]: [string, Model]): [string, Value] => [name, { name, external: true }];
  return {
    service: { networks: Object.fromEntries(joined) },
    project: { networks: Object.fromEntries(joined.map(isExternal)) },
  };
}

interface Named {
  readonly name: string;
  readonly model: Model;
}

/** `NAME`, or `name=NAME,alias=…` */
function parseNetwork(given: string): Named {
  if (!given.includes('=')) return { name: given, model: {} };
  const values = new Map<string, string[]>();
  let network = '';
  for (const [name, value = ''] of parseFields(given, 'network')) {
    const key = fieldKeys[name];
    if (name === 'name') network = value;
    else if (key === undefined) throw misused(`--network has nothing called ${name}`);
    else values.set(key, [...(values.get(key) ?? []), value]);
  }
  if (network === '') throw misused(`--network ${given} has no name`);
  return { name: network, model: toModel([...values]) };
}

function toModel(entries: readonly (readonly [string, readonly string[]])[]): Model {
  return Object.fromEntries(entries.map(([key, values]) => [key, valueAt(key, values)]));
}

function valueAt(key: string, values: readonly string[]): Value {
  if (lists.has(key)) return values.map(escapeDollars);
  if (key === 'driver_opts') return toMap(values);
  return escapeDollars(values.at(-1) ?? '');
}

function isBridge(name: string): boolean {
  return name === 'bridge' || name === 'default';
}

function refuseForeign(name: string): void {
  if (name !== 'host' && name !== 'none' && !name.startsWith('container:')) return;
  throw kdevError('RUN_OPTION_REFUSED', {
    fact: `kdev run cannot take --network ${name}: the container would have no network of its own to intercept`,
    hints: [{ who: 'you', text: 'leave it out, or name a network: --network NAME' }],
  });
}
