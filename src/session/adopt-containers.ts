import { randomInt } from 'node:crypto';
import { dirname, join } from 'node:path';
import { type ContainerFact, listContainers, removeContainer } from '../docker/containers.ts';
import type { Engine } from '../docker/engine.ts';
import { composeProjectLabel } from '../docker/labels.ts';
import { kdevError } from '../errors/kdev-error.ts';
import { connectControl } from './control-client.ts';

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
  await refuseOtherSession(project, orphans);
  await Promise.all(orphans.map(({ id }) => removeContainer(engine, id)));
  const stopped = orphans.length > 0 ? undefined : ours[0]?.session;
  return { id: stopped || newSessionId(), removed: orphans.map(({ name }) => name) };
}

/** A session of the same project, but with another runtime directory: of another login, say. */
async function refuseOtherSession(project: string, orphans: readonly ContainerFact[]) {
  for (const { linkFolder } of orphans) {
    if (!linkFolder) continue;
    const folder = dirname(linkFolder);
    const client = await connectControl(join(folder, 'control.sock'), '');
    if (!client) continue;
    client.close();
    throw kdevError('SESSION_BUSY', {
      fact: `another session serves ${project}, with its folder at ${folder}`,
      hints: [
        { who: 'you', text: 'end it from where it was started', command: 'kdev compose down' },
        { who: 'you', text: `or use it: set XDG_RUNTIME_DIR as it was there` },
      ],
    });
  }
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
