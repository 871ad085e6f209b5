import { listContainers } from '../docker/containers.ts';
import { connectEngine } from '../docker/engine.ts';
import { composeProjectLabel } from '../docker/labels.ts';
import { kdevError } from '../errors/kdev-error.ts';

/** Commands that start containers as they are make none: where there is none, nothing is begun in the cluster either. */
export async function refuseWithoutContainers(
  project: string,
  services: readonly string[],
): Promise<void> {
  const all = await listContainers(await connectEngine(), { [composeProjectLabel]: project });
  const isThere = (service: string) =>
    all.some((one) => one.part === 'user' && one.service === service);
  const missing = services.filter((service) => !isThere(service));
  if (missing.length === 0) return;
  throw kdevError('COMPOSE_FAILED', {
    fact: `${missing.join(', ')} ${missing.length === 1 ? 'has' : 'have'} no container to start`,
    hints: [{ who: 'you', text: 'makes what is missing', command: 'kdev compose up -d' }],
  });
}
