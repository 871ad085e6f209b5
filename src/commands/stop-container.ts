import { userInfo } from 'node:os';
import { connectEngine } from '../docker/engine.ts';
import { endContainers } from '../session/end-containers.ts';
import { findSession, folderOf } from '../session/join-session.ts';
import { runtimeRoot } from '../session/runtime-folder.ts';
import { removeFolder } from '../session/tidy-folder.ts';
import { parseCommand } from './command-form.ts';
import type { Around } from './command.ts';
import { stopForm } from './forms/stop-form.ts';
import { Interrupts } from './interrupts.ts';
import { settleAftermath } from './lead.ts';
import { leaveAll } from './leave.ts';
import { findRun } from './runs.ts';
import { openStory } from './story.ts';

/** `kdev stop`: the target serves again, then all of it goes, here and in the cluster. */
export async function stopContainer(
  args: readonly string[],
  { progress }: Pick<Around, 'progress'>,
): Promise<number> {
  const asked = parseCommand(stopForm, args);
  if (!asked) return 0;
  const { project } = await findRun(asked.words[0]);
  const story = openStory(progress === undefined ? {} : { progress });
  const interrupts = new Interrupts();
  try {
    await settleAftermath(project, story);
    const session = await findSession(project);
    if (session) {
      await leaveAll(session, { story, interrupts });
      session.close();
    } else {
      await removeTraces(project);
    }
    return 0;
  } finally {
    interrupts.close();
    story.end();
  }
}

/** Its session is gone, and with it all in the cluster. */
async function removeTraces(project: string): Promise<void> {
  const removal = { project, containers: 'remove', usersRan: true } as const;
  await endContainers(await connectEngine(), removal);
  removeFolder(runtimeRoot(process.env, userInfo().uid), folderOf(project));
}
