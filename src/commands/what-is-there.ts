import type { Made } from '../compose/made-by-up.ts';
import { listContainers } from '../docker/containers.ts';
import { connectEngine } from '../docker/engine.ts';
import { inspectImage } from '../docker/images.ts';
import { composeProjectLabel, projectLabel } from '../docker/labels.ts';
import { findLeftovers } from '../docker/leftovers.ts';
import { listVolumes } from '../docker/volumes.ts';

/** Tells of each thing whether Docker has it already. */
export async function whatIsThere(
  project: string,
  made: readonly Made[],
): Promise<(one: Made) => boolean> {
  const engine = await connectEngine();
  const images = made.filter(({ kind }) => kind === 'image').map(({ name }) => name);
  const [containers, found, ours, facts] = await Promise.all([
    listContainers(engine, { [composeProjectLabel]: project }),
    findLeftovers(engine, { [composeProjectLabel]: project }),
    listVolumes(engine, { [projectLabel]: project }),
    Promise.all(images.map((name) => inspectImage(engine, name))),
  ]);
  const there: Readonly<Record<Made['kind'], ReadonlySet<string>>> = {
    image: new Set(images.filter((_, index) => facts[index] !== undefined)),
    network: new Set(found.networks.map(({ name }) => name)),
    volume: new Set([...found.volumes, ...ours]),
    container: new Set(containers.map(({ name }) => name)),
  };
  return ({ kind, name }) => there[kind].has(name);
}
