import { containerName, type NamedProject } from './container-name.ts';
import { isModel, listAt, type Model, mapAt, serviceAt, textAt } from './model.ts';
import { joinedNetwork } from './render-holder.ts';

/** Names of the Docker host that Docker Desktop's resolver, or `extra_hosts: host-gateway`, answers. */
const hostNames = ['host.docker.internal', 'gateway.docker.internal'];

/**
 * The names that Docker's own resolver answers for a service: those of all `running` services that share a network with
 * it. Lower case, sorted. A service that does not run takes no name from the pod's world.
 */
export function localNames(
  project: NamedProject,
  service: string,
  running: ReadonlySet<string>,
): readonly string[] {
  const own = networksOf(project, service);
  const names = new Set(hostNames);
  for (const other of running) {
    const shared = [...networksOf(project, other)].filter(([network]) => own.has(network));
    for (const name of shared.flatMap(([, ofOther]) => ofOther)) names.add(name);
  }
  for (const name of namesOfLinks(serviceAt(project.model, service))) names.add(name);
  return [...names].map((name) => name.toLowerCase()).sort();
}

/** Network, as Docker calls it → the names that the service has there. */
function networksOf(project: NamedProject, name: string): Map<string, readonly string[]> {
  const { model } = project;
  const service = serviceAt(model, name);
  const container = containerName(project, name);
  const joined = joinedNetwork(service);
  if (joined) return new Map([[String(joined.network['name']), [container]]]);
  const networks = mapAt(model, 'networks');
  return new Map(
    Object.entries(mapAt(service, 'networks')).map(([network, options]) => [
      textAt(mapAt(networks, network), 'name') ?? network,
      [name, container, ...(isModel(options) ? listAt(options, 'aliases').map(String) : [])],
    ]),
  );
}

/** `db:database` → database; and the names of extra_hosts, `name=address` or `name:address`. */
function namesOfLinks(service: Model): readonly string[] {
  const links = [...listAt(service, 'links'), ...listAt(service, 'external_links')];
  const hosts = [...listAt(service, 'extra_hosts'), ...Object.keys(mapAt(service, 'extra_hosts'))];
  return [
    ...links.map((link) => String(link).split(':').at(-1) ?? ''),
    ...hosts.map((host) => String(host).split(/[=:]/)[0] ?? ''),
    textAt(service, 'hostname') ?? '',
  ].filter((name) => name !== '');
}
