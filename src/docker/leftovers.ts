import {
  type ContainerFact,
  listContainers,
  removeContainer,
  unlessAlready,
} from './containers.ts';
import type { Engine } from './engine.ts';
import { labelFilter } from './labels.ts';
import { listVolumes, removeVolume } from './volumes.ts';

/** What carries certain labels in Docker. */
export interface Leftovers {
  readonly containers: readonly ContainerFact[];
  readonly networks: readonly { readonly id: string; readonly name: string }[];
  readonly volumes: readonly string[];
}

export async function findLeftovers(
  engine: Engine,
  labels: Readonly<Record<string, string | undefined>>,
): Promise<Leftovers> {
  const [containers, networks, volumes] = await Promise.all([
    listContainers(engine, labels),
    listNetworks(engine, labels),
    listVolumes(engine, labels),
  ]);
  return { containers, networks, volumes };
}

/** Containers first, all at once: networks and volumes are in use until then. Idempotent. */
export async function removeLeftovers(engine: Engine, found: Leftovers): Promise<void> {
  await Promise.all(found.containers.map(({ id }) => removeContainer(engine, id)));
  await Promise.all([
    ...found.networks.map(({ id, name }) =>
      engine.ask(`remove the network ${name}`, (docker) =>
        unlessAlready(docker.getNetwork(id).remove()),
      ),
    ),
    ...found.volumes.map((name) => removeVolume(engine, name)),
  ]);
}

async function listNetworks(engine: Engine, labels: Readonly<Record<string, string | undefined>>) {
  const list = await engine.ask('list networks', (docker) =>
    docker.listNetworks({ filters: JSON.stringify({ label: labelFilter(labels) }) }),
  );
  return list.map(({ Id, Name }) => ({ id: Id, name: Name }));
}
