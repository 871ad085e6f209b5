import { cleanAfter } from './aftermath.ts';
import { ownRuntimeRoot, projectFolder } from './runtime-folder.ts';
import { openLog } from './session-log.ts';

/** The watchdog's work, in a process of its own: the session has died. */
export async function runAftermath(project: string): Promise<number> {
  const folder = projectFolder(ownRuntimeRoot(), project);
  const log = openLog(folder.log);
  log('the session died: its watchdog removes what it left');
  try {
    await cleanAfter(folder);
    log('the watchdog has removed what the session left');
    return 0;
  } catch (error) {
    log(`watchdog: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return 1;
  }
}
