import type { Around } from '../command.ts';
import { parseCommand } from '../command-form.ts';
import { endProject } from '../end-project.ts';
import { stopForm } from '../forms/stop-form.ts';
import { findRun } from '../runs.ts';

/** `kdev stop`: the target serves again, then all of it goes, here and in the cluster. */
export async function stopContainer(
  args: readonly string[],
  around: Pick<Around, 'progress'>,
): Promise<number> {
  const asked = parseCommand(stopForm, args);
  if (!asked) return 0;
  const { project } = await findRun(asked.words[0], 'stop');
  return await endProject(project, around);
}
