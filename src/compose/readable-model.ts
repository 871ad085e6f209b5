import { isModel, listAt, type Model, mapAt, unescapeKeys, type Value } from './model.ts';

/**
 * What `docker compose config` printed, as Compose reads it again: it doubles the `$` of keys, prints an SSH key of a
 * build as `name: path`, where it wants `name=path`, and that there is no limit of memory and swap as a text.
 */
export function readableModel(printed: Model): Model {
  const model = unescapeKeys(printed);
  if (!isModel(model['services'])) return model;
  const services = Object.entries(model['services']).map(([name, service]) => [
    name,
    isModel(service) ? withSshKeys(withoutLimit(service)) : service,
  ]);
  return { ...model, services: Object.fromEntries(services) };
}

function withoutLimit(service: Model): Model {
  return service['memswap_limit'] === '-1' ? { ...service, memswap_limit: -1 } : service;
}

function withSshKeys(service: Model): Model {
  const build = mapAt(service, 'build');
  const keys = listAt(build, 'ssh');
  if (keys.length === 0) return service;
  const ssh = keys.map((key): Value => String(key).replace(/^([^=:]+): /, '$1='));
  return { ...service, build: { ...build, ssh } };
}
