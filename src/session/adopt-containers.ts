import { randomInt } from 'node:crypto';
import { type ContainerFact, listContainers, removeContainer } from '../docker/containers.ts';
import type { Engine } from '../docker/engine.ts';
import { composeProjectLabel } from '../docker/labels.ts';

/** What a new session finds of former ones. */
export interface Adopted {
  /** The id that the stopped containers carry, so that they stay as they are; else a new one. */
  readonly id: string;
  /** Containers of a session that died, which were removed: their key is lost. */
  readonly removed: readonly string[];
}

/**
 * Containers that were stopped start again with the session's id in their configuration. Those that run have no session:
 * it died, and the machine's own clean-up with it.
 */
export async function adoptContainers(engine: Engine, project: string): Promise<Adopted> {
  const all = await listContainers(engine, { [composeProjectLabel]: project });
  const ours = all.filter(({ session }) => session !== undefined);
  const orphans = orphansOf(all);
  await Promise.all(orphans.map(({ id }) => removeContainer(engine, id)));
  const stopped = orphans.length > 0 ? undefined : ours[0]?.session;
  return { id: stopped || newSessionId(), removed: orphans.map(({ name }) => name) };
}

/** kdev's own containers and what has joined their network, where any of them runs. */
export function orphansOf(all: readonly ContainerFact[]): readonly ContainerFact[] {
  const ours = all.filter(({ session }) => session !== undefined);
  if (!ours.some(({ isRunning }) => isRunning)) return [];
  const ids = new Set(ours.map(({ id }) => id));
  return all.filter(({ id, networkOf }) => ids.has(id) || (networkOf && ids.has(networkOf)));
}

/** 12 characters of an alphabet without look-alikes. */
export function newSessionId(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  return Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)]).join('');
}
