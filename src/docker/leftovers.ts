import { setTimeout as delay } from 'node:timers/promises';
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

export interface ProjectRemoval {
  readonly project: string;
  /** How long the user's containers may take to end by themselves, where not each as long as it says; kdev's own need no time. */
  readonly graceSeconds: number | undefined;
  /**
   * For how long to look for more after the last thing found: a Compose that was killed at its work may have asked the
   * engine for a container that is still being made.
   */
  readonly lateMs: number;
}

const lookAgainMs = 250;

/** Removes a compose project as `docker compose down` does, and kdev's volumes of it. */
export async function removeProject(engine: Engine, removal: ProjectRemoval): Promise<Leftovers> {
  let all = await removeFound(engine, removal);
  for (let quietMs = 0; quietMs < removal.lateMs; quietMs += lookAgainMs) {
    await delay(lookAgainMs);
    const late = await removeFound(engine, removal);
    if (late.containers.length + late.networks.length + late.volumes.length > 0) quietMs = 0;
    all = {
      containers: [...all.containers, ...late.containers],
      networks: [...all.networks, ...late.networks],
      volumes: [...all.volumes, ...late.volumes],
    };
  }
  return all;
}

async function removeFound(
  engine: Engine,
  { project, graceSeconds }: ProjectRemoval,
): Promise<Leftovers> {
  const [found, volumes] = await Promise.all([
    findLeftovers(engine, { [composeProjectLabel]: project }),
    listVolumes(engine, { [projectLabel]: project, [sessionLabel]: undefined }),
  ]);
  const users = found.containers.filter(({ part, isRunning }) => part === 'user' && isRunning);
  if (graceSeconds !== 0) {
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
