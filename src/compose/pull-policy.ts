import { takeFlag } from './command-line.ts';
import { isModel, type Model, mapAt, type Value } from './model.ts';

export interface Pulling {
  readonly command: string;
  readonly args: readonly string[];
  readonly model: Model;
}

const commands = new Set(['up', 'run']);
/** Others are left to Compose to judge. */
const policies = new Set(['always', 'missing', 'never']);

/**
 * Compose's `--pull` sets the policy of every service, also of one that says never: kdev's image, which may be nowhere
 * but here, would be pulled too. So kdev does what Compose would, for the user's services alone.
 */
export function applyPullFlag({ command, args, model }: Pulling): Omit<Pulling, 'command'> {
  const { value, rest } = takeFlag('--pull', { command, rest: args });
  if (!commands.has(command) || value === undefined || !policies.has(value)) return { args, model };
  const services = Object.entries(mapAt(model, 'services')).map(([name, service]) => [
    name,
    isUsers(service) ? { ...service, pull_policy: value } : service,
  ]);
  return { args: rest, model: { ...model, services: Object.fromEntries(services) } };
}

function isUsers(service: Value | undefined): service is Model {
  return isModel(service) && mapAt(service, 'labels')['kdev.dev/part'] === undefined;
}
