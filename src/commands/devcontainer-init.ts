import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { addXKdev, findService } from '../compose/add-x-kdev.ts';
import { addCheck } from '../devcontainer/add-check.ts';
import {
  type ComposeWorkspace,
  composeWorkspace,
  readDevcontainer,
} from '../devcontainer/devcontainer-file.ts';
import { kdevError } from '../errors/kdev-error.ts';
import { diff } from '../screen/diff.ts';
import { parseCommand } from './command-form.ts';
import { devcontainerInitForm } from './forms/devcontainer-form.ts';

/** A file as it is and as it is to be. */
interface Change {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

interface InitOptions {
  readonly target?: string;
  readonly namespace?: string;
  readonly incoming?: string;
  readonly image?: string;
  readonly config?: string;
  readonly yes?: boolean;
}

/** `kdev devcontainer init`: x-kdev for the workspace's service and the check in devcontainer.json, shown before they are written. */
export async function devcontainerInit(args: readonly string[]): Promise<number> {
  const parsed = parseCommand<InitOptions>(devcontainerInitForm, args);
  if (!parsed) return 0;
  const asked = parsed.options;
  const file = readDevcontainer(process.cwd(), asked.config);
  const changes = [
    changeCompose(composeWorkspace(file), asked),
    { path: file.path, before: file.text, after: addCheck(file) },
  ].filter(({ before, after }) => before !== after);
  if (changes.length === 0) return say(`Nothing is missing.\n${howToStart}`);
  for (const { path, before, after } of changes) {
    process.stdout.write(diff(relative(file.workspaceFolder, path), before, after));
  }
  if (!asked.yes && !(await mayWrite())) return say('Nothing was written.');
  for (const { path, after } of changes) writeFileSync(path, after);
  return say(`Written.\n${howToStart}`);
}

const howToStart = `
  devcontainer up --docker-path kdev-docker --workspace-folder .

In VS Code, once in your user settings: "dev.containers.dockerPath": "kdev-docker"`;

function changeCompose({ composeFiles, service }: ComposeWorkspace, asked: InitOptions): Change {
  const found = composeFiles.map((path) => {
    const text = readFileSync(path, 'utf8');
    return { path, text, has: findService(text, service) };
  });
  const [first] = found;
  const intercepted = found.find(({ has }) => has === 'intercepted');
  const plain = found.find(({ has }) => has === 'plain');
  const chosen = intercepted ?? plain ?? first;
  if (!chosen || chosen.has === 'absent') throw noService(service, composeFiles);
  const { path, text } = chosen;
  if (intercepted) return { path, before: text, after: text };
  const after = addXKdev(text, service, xKdevOf(asked));
  if (after === undefined) throw cannotAdd(path, service);
  return { path, before: text, after };
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

async function mayWrite(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    say('Without a terminal nobody can be asked: --yes writes it.');
    return false;
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question('Write this? [y/N] ')).trim());
  } finally {
    asking.close();
  }
}

function say(text: string): number {
  process.stderr.write(`${text}\n`);
  return 0;
}

function noService(service: string, files: readonly string[]) {
  return kdevError('DEVCONTAINER_INVALID', {
    fact: `no service ${service} in ${files.join(', ')}`,
    hints: [{ who: 'you', text: 'it may come from an include: write its x-kdev there' }],
  });
}

function cannotAdd(path: string, service: string) {
  return kdevError('DEVCONTAINER_INVALID', {
    fact: `${service} is written in ${path} in a form that kdev cannot add to`,
    hints: [{ who: 'you', text: 'write its x-kdev yourself: docs/configuration.md' }],
  });
}
