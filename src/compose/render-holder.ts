import { isModel, listAt, type Model, mapAt, serviceAt, textAt, type Value } from './model.ts';
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
export function renderHolder(project: Model, plan: ServicePlan, template: Model): Model {
  const service = serviceAt(project, plan.service);
  const moved = Object.fromEntries(
    networkKeys.flatMap((key): [string, Value][] => {
      const value = service[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
  const sysctls = splitSysctls(service).network;
  const ownNetwork = textAt(service, 'network_mode') === undefined;
  return {
    ...template,
    image: plan.image,
    ...(plan.hostname === undefined ? {} : { hostname: plan.hostname }),
    ...moved,
    ...(ownNetwork ? { networks: networksWithAliases(project, plan.service) } : {}),
    ...(Object.keys(sysctls).length > 0 ? { sysctls } : {}),
  };
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
 * The names by which the containers of a network know the service: Docker knows it by its container's name as well,
 * and now that container has no network of its own.
 */
export function namesOfService(project: Model, service: string): readonly string[] {
  const ownName = textAt(serviceAt(project, service), 'container_name');
  return [service, ownName ?? `${textAt(project, 'name') ?? ''}-${service}-1`];
}

function networksWithAliases(project: Model, name: string): Model {
  const service = serviceAt(project, name);
  const networks = mapAt(service, 'networks');
  const joined = Object.keys(networks).length > 0 ? networks : { default: null };
  return Object.fromEntries(
    Object.entries(joined).map(([network, options]) => {
      const own = isModel(options) ? options : {};
      const aliases = new Set([...namesOfService(project, name), ...listAt(own, 'aliases')]);
      return [network, { ...own, aliases: [...aliases] }];
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
