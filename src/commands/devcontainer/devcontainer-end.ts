import { parseArgs } from 'node:util';
import { type AskDocker, dockerAsker } from '../../compose/ask-docker.ts';
import {
  type DevcontainerFile,
  readDevcontainer,
  readWorkspace,
} from '../../devcontainer/devcontainer-file.ts';
import { composeProjectLabel } from '../../docker/labels.ts';
import type { Around } from '../command.ts';
import { parseCommand } from '../command-form.ts';
import { compose } from '../compose.ts';
import { endProject } from '../end-project.ts';
import { devcontainerDownForm, devcontainerStopForm } from '../forms/devcontainer-form.ts';
import { stop } from '../stop.ts';
import { withStory } from '../story.ts';
import { folderLabel, workspaceNames } from './workspace-container.ts';
import { wordsOf, workspaceWork } from './workspace-work.ts';

/** `kdev devcontainer stop` and `down`: the Dev Containers CLI has no such commands. */
export function devcontainerEnd(command: 'stop' | 'down') {
  const form = command === 'stop' ? devcontainerStopForm : devcontainerDownForm;
  return async (args: readonly string[], around: Around): Promise<number> => {
    if (args.some((word) => word === '--help' || word === '-h')) {
      parseCommand(form, ['--help']);
      return 0;
    }
    const { own, rest } = takeConfig(args);
    const file = readDevcontainer(process.cwd(), own);
    const workspace = readWorkspace(file);
    if (workspace.kind === 'container') return await endWorkspace(file, command, around);
    const askDocker = dockerAsker(process.cwd(), process.env);
    const project = await projectOf(file.workspaceFolder, askDocker);
    const words = [
      ...(project === undefined ? [] : ['--project-name', project]),
      ...workspace.composeFiles.flatMap((name) => ['--file', name]),
      command,
      ...rest,
    ];
    return await compose(words, around);
  };
}

async function endWorkspace(
  { path: configFile, workspaceFolder: folder }: DevcontainerFile,
  command: 'stop' | 'down',
  around: Around,
): Promise<number> {
  const { project } = workspaceNames({ configFile, folder });
  if (command === 'down') return await endProject(project, around);
  const words = await wordsOf({ project });
  const work = words && (await workspaceWork(words, { command, rest: [], ...around }));
  return await withStory(around, async (story) => {
    if (work) return await stop(work, story);
    story.say('No workspace of this folder is there.');
    return 0;
  });
}

/** Everything but `--config` is Compose's. */
function takeConfig(args: readonly string[]): { own: string | undefined; rest: string[] } {
  const { tokens } = parseArgs({
    args: [...args],
    options: { config: { type: 'string' } },
    strict: false,
    tokens: true,
  });
  const token = tokens.find((one) => one.kind === 'option' && one.name === 'config');
  if (token?.kind !== 'option') return { own: undefined, rest: [...args] };
  const words = token.inlineValue ? 1 : 2;
  return {
    own: token.value,
    rest: args.filter((_, at) => at < token.index || at >= token.index + words),
  };
}

/** The CLI has its own rule for a project without a name; what it made tells. */
async function projectOf(folder: string, askDocker: AskDocker): Promise<string | undefined> {
  const { stdout } = await askDocker([
    'ps',
    '--all',
    `--filter=label=${folderLabel}=${folder}`,
    `--format={{.Label "${composeProjectLabel}"}}`,
  ]);
  return stdout.split('\n').find((line) => line !== '');
}
