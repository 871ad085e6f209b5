import { rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainersAtEnd } from './control.ts';
import { isLocked } from './project-lock.ts';
import { entriesOf, type ProjectFolder } from './runtime-folder.ts';

/** What became of the containers when the session ended, or that something of its end failed. */
export type EndedHow = ContainersAtEnd | 'failed';

/**
 * Takes away what nobody needs any more in the folder of a session that has ended: after `down` all of it; where the
 * command may have failed, not its log; nothing where containers may start again.
 */
export function tidyFolder(project: ProjectFolder, how: EndedHow): void {
  if (how === 'stay' || how === 'failed') return;
  rmSync(project.brought, { force: true });
  for (const entry of entriesOf(project.path)) {
    // Where its sidecars met it.
    if (entry.isDirectory()) rmSync(join(project.path, entry.name), { recursive: true });
  }
  if (how !== 'going' && how !== 'down') return;
  for (const path of [project.log, `${project.log}.old`]) rmSync(path, { force: true });
}

/** As after `down`, for a project that has no session. */
export function removeFolder(root: string, project: ProjectFolder): void {
  if (isLocked(project)) return;
  tidyFolder(project, 'down');
  for (const path of [project.controlSocket, project.lock]) rmSync(path, { force: true });
  removeEmptyFolders(root, project);
}

/** What a dead session left stays there until it has been told. */
export function removeEmptyFolders(root: string, { path }: ProjectFolder): void {
  for (const folder of [path, root]) {
    try {
      rmdirSync(folder);
    } catch {
      return; // It holds something, or is gone.
    }
  }
}
