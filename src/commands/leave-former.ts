import { existsSync } from 'node:fs';
import { mapAt } from '../compose/model.ts';
import { composeProjectLabel, partLabel } from '../docker/labels.ts';
import { findSession, folderOf } from '../session/join-session.ts';
import { isLocked } from '../session/project-lock.ts';
import { ownRuntimeRoot } from '../session/runtime-folder.ts';
import { readState } from '../session/state-file.ts';
import { removeFolder } from '../session/tidy-folder.ts';
import { type Story, tellSteps } from './story.ts';
import { interceptedServices, type Work, wantedServices } from './work.ts';

/**
 * Services of the project that may have been intercepted and are not to be any more: their x-kdev is gone from the file, or
 * they are scaled to 0. What is no service of these files at all stays, as it does with Compose.
 */
export function formerWithParts(work: Work): readonly string[] {
  const wanted = wantedServices(work);
  const all = Object.keys(mapAt(work.project.model, 'services'));
  const former = all.filter((service) => !wanted.includes(service));
  return mayHaveParts(work.project.name, (service) => former.includes(service)) ? former : [];
}

/** Where nothing is to enter the cluster: their targets serve again, and what kdev had beside them goes. */
export async function leaveFormer(work: Work, story: Story): Promise<void> {
  const { project } = work;
  const former = formerWithParts(work);
  const served = servedBy(project.name)?.filter((service) => former.includes(service)) ?? [];
  const session = served.length > 0 ? await findSession(project.name) : undefined;
  await session?.call('release', { services: served }, tellSteps(story));
  const ended = session?.call('end', { containers: 'stay', services: served }, tellSteps(story));
  ended?.catch(() => undefined);
  await removeParts(project.name, former);
  await ended;
  session?.close();
}

/**
 * When the containers of today are there: the files that the former ones had of their pods, and the folder of the session,
 * unless one runs.
 */
export async function tidyFormer({ project: { name } }: Work): Promise<void> {
  const folder = folderOf(name);
  if (!existsSync(folder.path) || isLocked(folder)) return;
  const { connectEngine } = await import('../docker/engine.ts');
  const { removeUnused } = await import('../session/end-volumes.ts');
  await removeUnused(await connectEngine(), name);
  removeFolder(ownRuntimeRoot(), folder);
}

/** Before everything goes: what Compose does not know of any more goes first, for the project's networks to be free. */
export async function removeFormerParts(work: Work): Promise<void> {
  const intercepted = interceptedServices(work);
  const isFormer = (service: string) => !intercepted.includes(service);
  if (mayHaveParts(work.project.name, isFormer))
    await removePartsWhere(work.project.name, isFormer);
}

/** A session says what it serves; where none runs, its containers may be there still, stopped. */
function mayHaveParts(project: string, isFormer: (service: string) => boolean): boolean {
  return servedBy(project)?.some(isFormer) ?? existsSync(folderOf(project).path);
}

function servedBy(project: string): readonly string[] | undefined {
  return readState(folderOf(project).state)?.places.map(({ service }) => service);
}

/** Removes kdev's own containers of these services. */
export async function removeParts(project: string, services: readonly string[]): Promise<void> {
  if (services.length > 0) await removePartsWhere(project, (one) => services.includes(one));
}

async function removePartsWhere(
  project: string,
  isFormer: (service: string) => boolean,
): Promise<void> {
  const { connectEngine } = await import('../docker/engine.ts');
  const { listContainers, removeContainer } = await import('../docker/containers.ts');
  const engine = await connectEngine();
  const labels = { [composeProjectLabel]: project, [partLabel]: undefined };
  const parts = await listContainers(engine, labels);
  const former = parts.filter(({ service }) => isFormer(service));
  await Promise.all(former.map(({ id }) => removeContainer(engine, id)));
}
