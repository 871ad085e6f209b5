import { serviceAt, textAt } from '../../compose/model.ts';
import type { Around } from '../command.ts';
import { passToDocker } from '../pass-through.ts';
import { stop } from '../stop.ts';
import { withStory } from '../story.ts';
import { up } from '../up.ts';
import { interceptedServices, type Work } from '../work.ts';
import { wordsOf, workspaceWork } from './workspace-work.ts';

type Commands = Readonly<
  Record<string, (words: readonly string[], around: Around) => Promise<number | undefined>>
>;

/** What kdev has a part in; undefined says that it has none in this one. */
const commands: Commands = { run, start, stop: stopWorkspace };

/**
 * `docker run`, `start` and `stop` as the Dev Containers CLI and VS Code call them for a workspace of `image` or `build`:
 * a project of one service takes its place. Whatever else is asked is Docker's.
 */
export async function devcontainerDocker(
  [command = '', ...words]: readonly string[],
  around: Around,
): Promise<number> {
  const own = await commands[command]?.(words, around);
  return own ?? (await passToDocker([command, ...words]));
}

/** Stays as long as `docker run` would: whoever starts a workspace waits for it to be started, not to end. */
async function run(words: readonly string[], around: Around): Promise<number | undefined> {
  const work = await workspaceWork(words, { command: 'up', rest: ['--detach'], ...around });
  if (!work) return undefined;
  const exitCode = await withStory(around, (story) => up(work, story));
  if (exitCode !== 0) return exitCode;
  const [service] = interceptedServices(work);
  const container = textAt(serviceAt(work.project.model, service ?? ''), 'container_name') ?? '';
  return await passToDocker(['attach', '--no-stdin', '--sig-proxy=false', container]);
}

async function start(words: readonly string[], around: Around): Promise<number | undefined> {
  const rest = ['--detach', '--no-recreate'];
  const work = await workOfContainer(words, { command: 'up', rest, ...around });
  return work && (await withStory(around, (story) => up(work, story)));
}

async function stopWorkspace(
  words: readonly string[],
  around: Around,
): Promise<number | undefined> {
  const work = await workOfContainer(words, { command: 'stop', rest: [], ...around });
  return work && (await withStory(around, (story) => stop(work, story)));
}

async function workOfContainer(
  words: readonly string[],
  command: Parameters<typeof workspaceWork>[1],
): Promise<Work | undefined> {
  const id = onlyName(words);
  const made = id === undefined ? undefined : await wordsOf({ id });
  return made && (await workspaceWork(made, command));
}

/** The one container that `docker start` or `stop` names, beside flags. */
function onlyName(words: readonly string[]): string | undefined {
  const takesNext = new Set(['-t', '--time', '--timeout', '-s', '--signal']);
  const names = words.filter(
    (word, at) => !word.startsWith('-') && !takesNext.has(words[at - 1] ?? ''),
  );
  return names.length === 1 ? names[0] : undefined;
}
