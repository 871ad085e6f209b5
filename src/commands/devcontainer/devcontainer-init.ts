import {
  type DevcontainerFile,
  readDevcontainer,
  readWorkspace,
} from '../../devcontainer/devcontainer-file.ts';
import { addCheck, addCustomization } from '../../devcontainer/edit-devcontainer.ts';
import { kdevError } from '../../errors/kdev-error.ts';
import { changeCompose } from '../change-compose.ts';
import type { Around } from '../command.ts';
import { parseCommand } from '../command-form.ts';
import { changesText, type FileChange, mayWrite, writeChanges } from '../file-changes.ts';
import { devcontainerInitForm } from '../forms/devcontainer-form.ts';
import { openStory, type Story } from '../story.ts';

interface InitOptions {
  readonly target?: string;
  readonly namespace?: string;
  readonly incoming?: string;
  readonly image?: string;
  readonly config?: string;
  readonly yes?: boolean;
}

/** `kdev devcontainer init`: what the workspace stands for, and the check in devcontainer.json, shown before they are written. */
export async function devcontainerInit(args: readonly string[], around: Around): Promise<number> {
  const parsed = parseCommand<InitOptions>(devcontainerInitForm, args);
  if (!parsed) return 0;
  const asked = parsed.options;
  const story = openStory(around);
  const file = readDevcontainer(process.cwd(), asked.config);
  const changes = changesFor(file, asked).filter(({ before, after }) => before !== after);
  if (changes.length === 0) return done(story, `Nothing is missing.\n${howToStart}`);
  process.stdout.write(changesText(changes, file.workspaceFolder));
  if (!(await mayWrite(asked, story))) return done(story, 'Nothing was written.');
  writeChanges(changes);
  return done(story, `Written.\n${howToStart}`);
}

function done(story: Story, words: string): number {
  story.say(words);
  return 0;
}

const howToStart = `
  devcontainer up --docker-path kdev-docker --workspace-folder .

In VS Code, once in your user settings: "dev.containers.dockerPath": "kdev-docker"`;

function changesFor(file: DevcontainerFile, asked: InitOptions): readonly FileChange[] {
  const workspace = readWorkspace(file);
  const { path, text: before, workspaceFolder: folder } = file;
  const after = addCheck(file);
  if (workspace.kind === 'container') {
    const isThere = workspace.xKdev !== undefined;
    return [{ path, before, after: isThere ? after : addCustomization(after, xKdevOf(asked)) }];
  }
  const { composeFiles: files, service } = workspace;
  const compose = changeCompose({ files, service, folder }, () => xKdevOf(asked));
  return [compose, { path, before, after }];
}

function xKdevOf({ target, namespace, incoming, image }: InitOptions) {
  if (target === undefined) {
    throw kdevError('COMMAND_LINE', {
      fact: 'kdev devcontainer init does not know whose place the workspace takes',
      hints: [
        {
          who: 'you',
          text: 'names it',
          command: 'kdev devcontainer init --target deployment/NAME',
        },
      ],
    });
  }
  return {
    target,
    ...(namespace === undefined ? {} : { namespace }),
    ...(incoming === undefined ? {} : { incoming }),
    ...(image === undefined ? {} : { agent: { image } }),
  };
}
