import { parseArgs } from 'node:util';
import { type AskDocker, dockerAsker } from '../compose/ask-docker.ts';
import { composeWorkspace, readDevcontainer } from '../devcontainer/devcontainer-file.ts';
import { composeProjectLabel } from '../docker/labels.ts';
import { parseCommand } from './command-form.ts';
import type { Around } from './command-table.ts';
import { compose } from './compose.ts';
import { devcontainerDownForm, devcontainerStopForm } from './forms/devcontainer-form.ts';

/** What the Dev Containers CLI and VS Code put on a workspace's container. */
const folderLabel = 'devcontainer.local_folder';

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
    const { composeFiles } = composeWorkspace(file);
    const askDocker = dockerAsker(process.cwd(), process.env);
    const project = await projectOf(file.workspaceFolder, askDocker);
    const words = [
      ...(project === undefined ? [] : ['--project-name', project]),
      ...composeFiles.flatMap((name) => ['--file', name]),
      command,
      ...rest,
    ];
    return await compose(words, around);
  };
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
