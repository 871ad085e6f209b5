import { namedServices } from '../compose/command-line.ts';
import { mapAt } from '../compose/model.ts';
import { findSession } from '../session/join-session.ts';
import { settleAftermath } from './lead.ts';
import { runOnNames, runTold } from './names-only.ts';
import { type Story, tellSteps } from './story.ts';
import { interceptedServices, type Work } from './work.ts';

/**
 * `kdev compose stop`, and `down` of some services: what is stopped leaves the cluster first. Containers stay; kdev's own stop with the last service
 * that needs them.
 */
export async function stop(work: Work, story: Story): Promise<number> {
  const { project, commandLine } = work;
  await settleAftermath(project.name, story);
  const named = namedServices(commandLine, Object.keys(mapAt(project.model, 'services')));
  const all = interceptedServices(work);
  const stopped = named.length > 0 ? all.filter((service) => named.includes(service)) : all;
  if (stopped.length === 0) return await runOnNames(work, commandLine.rest);
  const parts = named.length > 0 ? stopped.flatMap(partsOf) : [];
  const run = () => runTold(work, [...commandLine.rest, ...parts], story);
  return await stopServices(project.name, { stopped, run, story });
}

interface Stopping {
  /** The services that leave the cluster. */
  readonly stopped: readonly string[];
  /** Stops the containers. */
  readonly run: () => Promise<number>;
  readonly story: Story;
}

/** Their targets serve, then they stop. */
export async function stopServices(
  project: string,
  { stopped, run, story }: Stopping,
): Promise<number> {
  story.block('Stopping');
  const session = await findSession(project);
  try {
    await session?.call('release', { services: stopped }, tellSteps(story));
    // Told before they stop: the session would start them again.
    const left = session?.call('end', { containers: 'stay', services: stopped });
    left?.catch(() => undefined);
    const exitCode = await run();
    await left;
    return exitCode;
  } finally {
    session?.close();
  }
}

export function partsOf(service: string): string[] {
  return [`kdev-sidecar-${service}`, `kdev-net-${service}`];
}
