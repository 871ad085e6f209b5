import { connectEngine } from '../docker/engine.ts';
import { endContainers } from '../session/end-containers.ts';
import { findSession, folderOf } from '../session/join-session.ts';
import { ownRuntimeRoot } from '../session/runtime-folder.ts';
import { removeFolder } from '../session/tidy-folder.ts';
import type { Around } from './command.ts';
import { Interrupts } from './interrupts.ts';
import { settleAftermath } from './lead.ts';
import { leaveAll } from './leave.ts';
import { openStory } from './story.ts';

/** A project that no file describes: the target serves again, then all of it goes, here and in the cluster. */
export async function endProject(
  project: string,
  around: Pick<Around, 'progress'>,
): Promise<number> {
  const story = openStory(around);
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
  removeFolder(ownRuntimeRoot(), folderOf(project));
}
