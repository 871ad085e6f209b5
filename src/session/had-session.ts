import { existsSync } from 'node:fs';
import { entriesOf, listProjectFolders, ownRuntimeRoot, projectFolder } from './runtime-folder.ts';
import { readState } from './state-file.ts';

/**
 * Whether a compose project of this directory may have a session, or stopped containers of one. A folder whose session has
 * ended does not say whose it is.
 */
export function hadSession(directory: string): boolean {
  const root = ownRuntimeRoot();
  return listProjectFolders(root).some((folder) => {
    const state = readState(folder.state);
    return state ? state.directory === directory : entriesOf(folder.path).length > 0;
  });
}

/** The same of a project by its name. */
export function hasFolder(project: string): boolean {
  return existsSync(projectFolder(ownRuntimeRoot(), project).path);
}
