import type { OwnPlace } from '../cluster/other-sessions.ts';
import { runProjectPrefix } from '../docker/labels.ts';
import { listProjectFolders } from './runtime-folder.ts';
import { readState } from './state-file.ts';

/** Where a session of this user on this machine runs, by its own account; undefined for everybody else's. */
export function ownPlaceOf(root: string, session: string): OwnPlace | undefined {
  const found = listProjectFolders(root)
    .map(({ state }) => readState(state))
    .find((state) => state?.session === session);
  if (!found) return undefined;
  const { project, directory, places } = found;
  const isRun = project.startsWith(runProjectPrefix);
  return { project, directory, run: isRun ? places[0]?.service : undefined };
}
