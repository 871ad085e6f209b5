import type { Engine } from '../docker/engine.ts';
import { removeProject } from '../docker/leftovers.ts';
import type { ContainersAtEnd } from './control.ts';
import { endVolumes } from './end-volumes.ts';

const graceSeconds = 10;
/** A Compose that was killed at its work may have asked for containers that are still being made. */
const killedComposeMs = 1_500;

export interface EndOfContainers {
  readonly project: string;
  readonly containers: ContainersAtEnd;
  /** Whether one of the user's containers has started: Compose makes all of them before. */
  readonly usersRan: boolean;
}

/** Sees to a project's containers at the end of its session; answers whether it has removed them. */
export async function endContainers(
  engine: Engine,
  { project, containers, usersRan }: EndOfContainers,
): Promise<boolean> {
  if (containers === 'stay') return false;
  if (containers === 'going') {
    await endVolumes(engine, project);
    return false;
  }
  await removeProject(engine, {
    project,
    graceSeconds: containers === 'kill' ? 0 : graceSeconds,
    lateMs: usersRan ? 0 : killedComposeMs,
  });
  return true;
}
