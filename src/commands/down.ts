import { namedServices } from '../compose/command-line.ts';
import { composeFailure } from '../compose/compose-failure.ts';
import { listAt, type Model, mapAt } from '../compose/model.ts';
import { type RunningCompose, runCompose } from '../compose/run-compose.ts';
import type { ContainerFact } from '../docker/containers.ts';
import type { ControlClient } from '../session/control-client.ts';
import { findSession, folderOf } from '../session/join-session.ts';
import { ownRuntimeRoot } from '../session/runtime-folder.ts';
import { removeFolder } from '../session/tidy-folder.ts';
import { followCompose } from './compose-steps.ts';
import { Interrupts } from './interrupts.ts';
import { settleAftermath } from './lead.ts';
import { removeFormerParts } from './leave-former.ts';
import { renderNames } from './names-only.ts';
import { stop } from './stop.ts';
import { type Story, sayWrapped, tellSteps } from './story.ts';
import { globalFlags, type Work } from './work.ts';

/** How the containers go, once the targets serve. */
type RemoveContainers = () => Promise<RunningCompose> | RunningCompose;

/** `kdev compose down`: with names of services these alone, as Compose takes it. */
export async function down(work: Work, story: Story): Promise<number> {
  const all = Object.keys(mapAt(work.project.model, 'services'));
  if (namedServices(work.commandLine, all).length > 0) return await stop(work, story);
  const exitCode = await downProject(work.project.name, story, async () => {
    await removeFormerParts(work);
    return startDown(work);
  });
  await tellStaying(work, story);
  return exitCode;
}

/** What Compose leaves, such as services of inactive profiles, holds the project's networks. */
async function tellStaying({ project }: Work, story: Story): Promise<void> {
  const { connectEngine } = await import('../docker/engine.ts');
  const { listContainers } = await import('../docker/containers.ts');
  const { composeProjectLabel } = await import('../docker/labels.ts');
  const left = await listContainers(await connectEngine(), { [composeProjectLabel]: project.name });
  const words = stayingWords(left, mapAt(project.model, 'services'));
  if (words !== undefined) sayWrapped(story, words);
}

export function stayingWords(
  left: readonly Pick<ContainerFact, 'name' | 'service'>[],
  services: Model,
): string | undefined {
  if (left.length === 0) return undefined;
  const profiles = left.flatMap(({ service }) =>
    listAt(mapAt(services, service), 'profiles').slice(0, 1).map(String),
  );
  const known = left.every(({ service }) => Object.hasOwn(services, service));
  const flags = [...new Set(profiles)].map((profile) => ` --profile ${profile}`).join('');
  const names = left.map(({ name }) => name).join(', ');
  const stay = left.length === 1 ? 'stays' : 'stay';
  const command = `kdev compose${flags} down${known ? '' : ' --remove-orphans'}`;
  return `${names} ${stay}, and the networks with it: ${command} takes all.`;
}

/**
 * The targets serve again first, then containers and agents go at the same time. Once it has begun, the session sees to its
 * end, whatever becomes of this command.
 */
export async function downProject(
  project: string,
  given: Story,
  remove: RemoveContainers,
): Promise<number> {
  const interrupts = new Interrupts();
  let session: ControlClient | undefined;
  let isAnything = false;
  const step: Story['step'] = (...words) => {
    isAnything = true;
    given.step(...words);
  };
  const story = { ...given, step };
  try {
    story.block('Stopping');
    await interrupts.race(settleAftermath(project, story));
    session = await findSession(project);
    await interrupts.race(takeAway({ project, remove, story, interrupts, session }));
    if (!isAnything) story.say(`There was nothing of project ${project}.`);
    return 0;
  } catch (error) {
    if (session && interrupts.happened) story.say('The session takes the rest away.');
    throw error;
  } finally {
    session?.close();
    interrupts.close();
  }
}

interface Going {
  readonly project: string;
  readonly remove: RemoveContainers;
  readonly story: Story;
  readonly interrupts: Interrupts;
  readonly session: ControlClient | undefined;
}

async function takeAway({ project, remove, story, interrupts, session }: Going): Promise<void> {
  const ended = session && (await beginEnd(session, story));
  await awaitDown(await remove(), { story, interrupts });
  await session?.call('gone', {});
  if (ended) await ended();
  else await removeTraces(project);
}

/** Resolves when the targets serve again, with how to await the end. */
async function beginEnd(session: ControlClient, story: Story): Promise<() => Promise<unknown>> {
  let released: () => void = () => undefined;
  const isReleased = new Promise<void>((resolve) => {
    released = resolve;
  });
  const tell = tellSteps(story);
  const ended = session.call('end', { containers: 'down' }, (event) => {
    if (event.kind === 'released') released();
    else tell(event);
  });
  ended.catch(() => undefined);
  // It may fail at once; another command may have begun the end before.
  await Promise.race([isReleased, ended]);
  return () => ended;
}

function startDown(work: Work): RunningCompose {
  return runCompose({
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
    signals: 'caller',
  });
}

async function awaitDown(
  compose: RunningCompose,
  { story, interrupts }: Pick<Going, 'story' | 'interrupts'>,
): Promise<void> {
  interrupts.first.then(
    () => compose.kill('SIGKILL'),
    () => undefined,
  );
  const steps = followCompose(compose, story);
  const exitCode = await compose.ended;
  await steps.ended;
  if (exitCode === 0) return;
  throw composeFailure({ exitCode, stderr: steps.lastLines(), environment: process.env });
}

/** No session: it ended with `stop`, and left its volumes and its folder for the containers that could start again. */
async function removeTraces(project: string): Promise<void> {
  const { connectEngine } = await import('../docker/engine.ts');
  const { endVolumes } = await import('../session/end-volumes.ts');
  await endVolumes(await connectEngine(), project);
  removeFolder(ownRuntimeRoot(), folderOf(project));
}
