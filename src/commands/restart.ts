import { namedServices } from '../compose/command-line.ts';
import { mapAt } from '../compose/model.ts';
import { findSession } from '../session/join-session.ts';
import { settleAftermath } from './lead.ts';
import { runOnNames } from './names-only.ts';
import { startWith } from './start.ts';
import type { Story } from './story.ts';
import type { Work } from './work.ts';

/**
 * `kdev compose restart`: the user's services; holder and sidecar stay, so that the network does. Where no session runs
 * the containers were stopped, and it is a start.
 */
export async function restart(work: Work, story: Story): Promise<number> {
  const { project, commandLine } = work;
  await settleAftermath(project.name, story);
  const session = await findSession(project.name);
  session?.close();
  if (!session) return await startWith(work, story, commandLine.rest);
  const all = Object.keys(mapAt(project.model, 'services'));
  const isNamed = namedServices(commandLine, all).length > 0;
  return await runOnNames(
    work,
    isNamed ? commandLine.rest : [...commandLine.rest, ...project.active],
  );
}
