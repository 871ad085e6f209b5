import { namedServices } from '../compose/command-line.ts';
import { mapAt } from '../compose/model.ts';
import { findSession } from '../session/join-session.ts';
import { settleAftermath } from './lead.ts';
import { runOnNames, runTold } from './names-only.ts';
import { type Story, tellSteps } from './story.ts';
import { interceptedServices, type Work } from './work.ts';

/**
 * `kdev compose stop`: what is stopped leaves the cluster first. Containers stay; kdev's own stop with the last service
 * that needs them.
 */
export async function stop(work: Work, story: Story): Promise<number> {
  const { project, commandLine } = work;
  await settleAftermath(project.name, story);
  const named = namedServices(commandLine, Object.keys(mapAt(project.model, 'services')));
  const all = interceptedServices(work);
  const stopped = named.length > 0 ? all.filter((service) => named.includes(service)) : all;
  if (stopped.length === 0) return await runOnNames(work, commandLine.rest);
  story.block('Stopping');
  const session = await findSession(project.name);
  try {
    await session?.call('release', { services: stopped }, tellSteps(story));
    // Told before they stop: the session would start them again.
    const left = session?.call('end', { containers: 'stay', services: stopped });
    left?.catch(() => undefined);
    const parts = named.length > 0 ? stopped.flatMap(partsOf) : [];
    const exitCode = await runTold(work, [...commandLine.rest, ...parts], story);
    await left;
    return exitCode;
  } finally {
    session?.close();
  }
}

function partsOf(service: string): string[] {
  return [`kdev-sidecar-${service}`, `kdev-net-${service}`];
}
