import { userInfo } from 'node:os';
import { composeFailure } from '../compose/compose-failure.ts';
import { runCompose } from '../compose/run-compose.ts';
import { findSession, folderOf } from '../session/join-session.ts';
import { runtimeRoot } from '../session/runtime-folder.ts';
import { removeFolder } from '../session/tidy-folder.ts';
import { followCompose } from './compose-steps.ts';
import { settleAftermath } from './lead.ts';
import { renderNames } from './names-only.ts';
import { type Story, tellSteps } from './story.ts';
import { globalFlags, type Work } from './work.ts';

/** `kdev compose down`: the targets serve again first, then containers and agents go at the same time. */
export async function down(work: Work, story: Story): Promise<number> {
  const { project } = work;
  story.block('Stopping');
  await settleAftermath(project.name, story);
  const session = await findSession(project.name);
  if (session) {
    await session.call('release', {}, tellSteps(story));
  }
  const ended = session?.call('end', { containers: 'going' }, tellSteps(story));
  ended?.catch(() => undefined);
  await composeDown(work, story);
  if (session) await ended;
  else await removeTraces(project.name);
  session?.close();
  return 0;
}

async function composeDown(work: Work, story: Story): Promise<void> {
  const compose = runCompose({
    project: work.project,
    rendered: renderNames(work),
    globalFlags: ['--progress=plain', ...globalFlags(work, ['--progress', '--ansi'])],
    command: 'down',
    args: work.commandLine.rest,
    directory: work.directory,
    environment: work.environment,
    input: 'ignore',
    stdout: 'inherit',
    stderr: 'pipe',
    signals: 'terminal',
  });
  const steps = followCompose(compose, story);
  const exitCode = await compose.ended;
  await steps.ended;
  if (exitCode === 0) return;
  throw composeFailure({
    exitCode,
    stderr: steps.lastLines(),
    environment: work.environment,
  });
}

/** No session: it ended with `stop`, and left its volumes and its folder for the containers that could start again. */
async function removeTraces(project: string): Promise<void> {
  const { connectEngine } = await import('../docker/engine.ts');
  const { endVolumes } = await import('../session/end-volumes.ts');
  await endVolumes(await connectEngine(), project);
  removeFolder(runtimeRoot(process.env, userInfo().uid), folderOf(project));
}
