import {
  type ContainerFact,
  listContainers,
  removeContainer,
  stopContainer,
  unlessAlready,
} from './containers.ts';
import type { Engine } from './engine.ts';
import { composeProjectLabel, labelFilter, projectLabel, sessionLabel } from './labels.ts';
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

/**
 * Removes a compose project as `docker compose down` does, and kdev's volumes of it. Containers get the grace in seconds
 * to end by themselves; kdev's own need none.
 */
export async function removeProject(
  engine: Engine,
  { project, graceSeconds }: { readonly project: string; readonly graceSeconds: number },
): Promise<Leftovers> {
  const [found, volumes] = await Promise.all([
    findLeftovers(engine, { [composeProjectLabel]: project }),
    listVolumes(engine, { [projectLabel]: project, [sessionLabel]: undefined }),
  ]);
  const users = found.containers.filter(({ part, isRunning }) => part === 'user' && isRunning);
  if (graceSeconds > 0) {
    await Promise.all(users.map(({ id }) => stopContainer(engine, id, graceSeconds)));
  }
  const leftovers = { ...found, volumes };
  await removeLeftovers(engine, leftovers);
  return leftovers;
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
