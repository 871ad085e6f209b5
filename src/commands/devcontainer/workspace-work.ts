import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { dockerAsker } from '../../compose/ask-docker.ts';
import { escapeDollars, type Model } from '../../compose/model.ts';
import { readDevcontainer, readWorkspace } from '../../devcontainer/devcontainer-file.ts';
import { composeProjectLabel } from '../../docker/labels.ts';
import { composeProject } from '../../docker-run/compose-project.ts';
import { makeVolumes, readMadeProject } from '../made-project.ts';
import type { Work } from '../work.ts';
import { parseWorkspaceRun, type WorkspaceRun, workspaceNames } from './workspace-container.ts';

/** The words of the `docker run` that a workspace came from, so that it can be started and stopped without them. */
const wordsLabel = 'kdev.dev/docker-run';

export interface WorkspaceCommand {
  readonly command: 'up' | 'stop';
  readonly rest: readonly string[];
  readonly kdev: readonly string[];
}

/** The project of one service that the words of a `docker run` mean; undefined where kdev has no part in it. */
export async function workspaceWork(
  words: readonly string[],
  { command, rest, kdev }: WorkspaceCommand,
): Promise<Work | undefined> {
  const run = parseWorkspaceRun(words);
  const xKdev = run && customizationOf(run);
  if (!run || !xKdev) return undefined;
  const { project, service, container } = workspaceNames(run);
  const { model, volumes } = composeProject(
    { ...run, xKdev },
    {
      project,
      service,
      containerName: container,
      directory: run.folder,
      readFile: (path) => readFileSync(path, 'utf8'),
      labels: { [wordsLabel]: escapeDollars(JSON.stringify(words)) },
    },
  );
  if (command === 'up') await makeVolumes(volumes);
  const work = await readMadeProject(
    { model, project, directory: run.folder },
    { command, rest, kdevFlags: {}, failFast: false, kdev, isOpened: false },
  );
  const file = relative(run.folder, run.configFile);
  return { ...work, project: { ...work.project, locate: () => file } };
}

/** Read at each start: what it says now is what counts. */
function customizationOf({ folder, configFile }: WorkspaceRun): Model | undefined {
  const workspace = readWorkspace(readDevcontainer(folder, configFile));
  if (workspace.kind !== 'container' || !workspace.xKdev) return undefined;
  return JSON.parse(escapeDollars(JSON.stringify(workspace.xKdev)));
}

/** The words that a container came from: by its name or id, or of the project. Undefined where kdev did not make it. */
export async function wordsOf(
  container: { readonly id: string } | { readonly project: string },
): Promise<readonly string[] | undefined> {
  const askDocker = dockerAsker(process.cwd(), process.env);
  const format = `{{ index .Config.Labels "${wordsLabel}" }}`;
  const ids =
    'id' in container
      ? [container.id]
      : (
          await askDocker([
            ...['ps', '--all', '--quiet', `--filter=label=${wordsLabel}`],
            `--filter=label=${composeProjectLabel}=${container.project}`,
          ])
        ).stdout
          .split('\n')
          .filter(Boolean);
  const [id] = ids;
  if (id === undefined) return undefined;
  const { exitCode, stdout } = await askDocker([
    'inspect',
    '--type=container',
    '--format',
    format,
    id,
  ]);
  const text = stdout.trim();
  return exitCode === 0 && text !== '' ? JSON.parse(text) : undefined;
}
