import { namedServices } from './command-line.ts';
import { type Model, mapAt, serviceAt } from './model.ts';
import { holderName } from './render-holder.ts';
import { sidecarName } from './render-sidecar.ts';

export interface Starting {
  readonly command: string;
  readonly args: readonly string[];
  readonly model: Model;
}

/**
 * `--no-deps` keeps Compose from what the user's service depends on, but a service in the cluster is none without its
 * holder and its sidecar: `up` names them too, and for `run`, which takes one name, they are all that the service depends on.
 */
export function applyNoDeps({ command, args, model }: Starting): Omit<Starting, 'command'> {
  const services = mapAt(model, 'services');
  const named = namedServices({ command, rest: args }, Object.keys(services));
  const ours = named.filter((name) => services[sidecarName(name)] !== undefined);
  if (ours.length === 0 || !args.includes('--no-deps')) return { args, model };
  if (command === 'up') {
    return { args: [...args, ...ours.flatMap((n) => [holderName(n), sidecarName(n)])], model };
  }
  const [service = ''] = ours;
  const end = args.indexOf(service);
  if (command !== 'run' || args.indexOf('--no-deps') > end) return { args, model };
  const own = serviceAt(model, service);
  const sidecar = sidecarName(service);
  const depends_on = { [sidecar]: mapAt(own, 'depends_on')[sidecar] ?? null };
  return {
    args: args.filter((word, index) => word !== '--no-deps' || index > end),
    model: { ...model, services: { ...services, [service]: { ...own, depends_on } } },
  };
}
