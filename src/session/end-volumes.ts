import { setTimeout as delay } from 'node:timers/promises';
import { listContainers } from '../docker/containers.ts';
import type { Engine } from '../docker/engine.ts';
import { projectLabel, sessionLabel } from '../docker/labels.ts';
import { countUsers, listVolumes, removeVolume } from '../docker/volumes.ts';

/** `docker compose down` waits 10 s for each container, and some wait for others. */
const goingMs = 60_000;
const againMs = 100;

/** Removes kdev's volumes of a project as soon as the containers that hold them, kdev's and the user's, are gone. */
export async function endVolumes(engine: Engine, project: string): Promise<void> {
  const labels = { [projectLabel]: project, [sessionLabel]: undefined };
  const volumes = await listVolumes(engine, labels);
  if (volumes.length === 0) return;
  for (let waitedMs = 0; waitedMs < goingMs; waitedMs += againMs) {
    const [ours, holding] = await Promise.all([
      listContainers(engine, labels),
      countUsers(engine, volumes),
    ]);
    if (ours.length + holding === 0) break;
    await delay(againMs);
  }
  await removeUnused(engine, project);
}

/** Removes those that no container holds now. */
export async function removeUnused(engine: Engine, project: string): Promise<void> {
  const labels = { [projectLabel]: project, [sessionLabel]: undefined };
  const volumes = await listVolumes(engine, labels);
  await Promise.all(volumes.map((name) => removeVolume(engine, name)));
}
