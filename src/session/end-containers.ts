import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../docker/engine.ts';
import { type ProjectRemoval, removeProject } from '../docker/leftovers.ts';
import type { ContainersAtEnd } from './control.ts';
import type { Departure } from './departure.ts';
import { endVolumes } from './end-volumes.ts';

/** A Compose that was killed at its work may have asked for containers that are still being made. */
const killedComposeMs = 1_500;

export interface EndOfContainers {
  readonly project: string;
  readonly containers: ContainersAtEnd;
  /** Whether one of the user's containers has started: Compose makes all of them before. */
  readonly usersRan: boolean;
  /** With `down`: whether the command that takes them away has done so. */
  readonly departure?: Pick<Departure, 'outcome'>;
}

/** Sees to a project's containers at the end of its session; answers whether it has removed them. */
export async function endContainers(
  engine: Engine,
  { project, containers, usersRan, departure }: EndOfContainers,
): Promise<boolean> {
  if (containers === 'stay') return false;
  const isTakenAway =
    containers === 'going' || (containers === 'down' && (await departure?.outcome) === 'done');
  if (isTakenAway) {
    await endVolumes(engine, project);
    return false;
  }
  await removeBesideCompose(engine, {
    project,
    graceSeconds: containers === 'kill' ? 0 : undefined,
    lateMs: usersRan && containers !== 'down' ? 0 : killedComposeMs,
  });
  return true;
}

const attempts = 10;
const againMs = 500;

/** A Compose whose command was killed may be at work still, and a network that it is just leaving cannot be removed yet. */
async function removeBesideCompose(engine: Engine, removal: ProjectRemoval): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await removeProject(engine, removal);
      return;
    } catch (error) {
      if (attempt === attempts) throw error;
      await delay(againMs);
    }
  }
}
