import { namedServices } from '../compose/command-line.ts';
import { mapAt } from '../compose/model.ts';
import { folderOf } from '../session/join-session.ts';
import { readState } from '../session/state-file.ts';
import { runOnNames } from './names-only.ts';
import type { Story } from './story.ts';
import type { Work } from './work.ts';

/** `--dry-run` of any other command: Compose says what it would do, kdev what would leave the cluster with it. */
export async function dryEnd(work: Work, story: Story): Promise<number> {
  const { project, commandLine } = work;
  const { command = '', rest } = commandLine;
  const named = namedServices(commandLine, Object.keys(mapAt(project.model, 'services')));
  const isEnd = command === 'stop' || command === 'down';
  const served = isEnd ? (readState(folderOf(project.name).state)?.places ?? []) : [];
  for (const { service, context, namespace } of served) {
    if (named.length > 0 && !named.includes(service)) continue;
    story.say(
      `DRY-RUN MODE - ${service} would be released: its target serves again, its agent leaves ${namespace} (${context})`,
    );
  }
  story.end();
  return await runOnNames(work, rest);
}
