import { containerName, type NamedProject } from './container-name.ts';
import {
  isModel,
  listAt,
  type Model,
  mapAt,
  serviceAt,
  textAt,
  type Value,
  without,
} from './model.ts';
import type { ServicePlan } from './service-plan.ts';

export const holderName = (service: string): string => `kdev-net-${service}`;

/** What belongs to a network namespace, and so moves from the service to the holder. */
const networkKeys = [
  'ports',
  'expose',
  'networks',
  'network_mode',
  'dns',
  'dns_search',
  'dns_opt',
  'extra_hosts',
  'hostname',
  'domainname',
  'mac_address',
  'links',
  'external_links',
];

/** The holder: the template, the service's network, and its names on each network. */
export function renderHolder(project: NamedProject, plan: ServicePlan, template: Model): Model {
  const service = serviceAt(project.model, plan.service);
  const moved = Object.fromEntries(
    networkKeys.flatMap((key): [string, Value][] => {
      const value = service[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
  const sysctls = splitSysctls(service).network;
  const networks = networksWithAliases(project, plan.service);
  return {
    ...template,
    image: plan.image,
    ...(plan.hostname === undefined ? {} : { hostname: plan.hostname }),
    ...(networks === undefined ? moved : { ...without(moved, ['network_mode']), networks }),
    ...(Object.keys(sysctls).length > 0 ? { sysctls } : {}),
  };
}

/** The network of Docker's that a service joins by its `network_mode`, as a network of the project. */
export function joinedNetwork(service: Model): { key: string; network: Model } | undefined {
  const name = namedNetwork(service);
  return name === undefined
    ? undefined
    : { key: `kdev-joined-${name}`, network: { name, external: true } };
}

/** `network_mode: my-network`: what is neither a kind of network nor another's. */
function namedNetwork(service: Model): string | undefined {
  const mode = textAt(service, 'network_mode');
  const isKind = mode === undefined || /^(bridge|default|host|none|.*:.*)$/.test(mode);
  return isKind ? undefined : mode;
}

/** What the holder took from the service; the rest of its sysctls stays. */
export function serviceWithoutNetwork(service: Model): Model {
  const { others } = splitSysctls(service);
  const stays = Object.entries(service).filter(
    ([key]) => !networkKeys.includes(key) && key !== 'sysctls',
  );
  if (Object.keys(others).length > 0) stays.push(['sysctls', others]);
  return Object.fromEntries(stays);
}

/**
 * The networks of the service, on each of them the names by which others know it: its container's among them, which has
 * no network of its own any more. undefined: Docker's own bridge, where there are no names.
 */
function networksWithAliases(project: NamedProject, name: string): Model | undefined {
  const service = serviceAt(project.model, name);
  const container = containerName(project, name);
  const joined = joinedNetwork(service);
  if (joined) return { [joined.key]: { aliases: [container] } };
  if (textAt(service, 'network_mode') !== undefined) return undefined;
  const networks = mapAt(service, 'networks');
  const own = Object.keys(networks).length > 0 ? networks : { default: null };
  return Object.fromEntries(
    Object.entries(own).map(([network, given]) => {
      const options = isModel(given) ? given : {};
      const aliases = new Set([name, container, ...listAt(options, 'aliases')]);
      return [network, { ...options, aliases: [...aliases] }];
    }),
  );
}

function splitSysctls(service: Model): { network: Model; others: Model } {
  const given = service['sysctls'];
  const entries: [string, Value][] = isModel(given)
    ? Object.entries(given)
    : listAt(service, 'sysctls').map((line) => {
        const [key = '', ...value] = String(line).split('=');
        return [key, value.join('=')];
      });
  const isNetwork = ([key]: [string, Value]) => key.startsWith('net.');
  return {
    network: Object.fromEntries(entries.filter(isNetwork)),
    others: Object.fromEntries(entries.filter((entry) => !isNetwork(entry))),
  };
}
