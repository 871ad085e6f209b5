import { existsSync } from 'node:fs';
import {
  type ComposeCommandLine,
  flagValues,
  hasFlag,
  parseCommandLine,
} from '../compose/command-line.ts';
import { type ComposeFiles, findComposeFiles } from '../compose/compose-files.ts';
import { mayHaveXKdev } from '../compose/x-kdev-in-files.ts';
import { outsideSettings } from '../config/flags.ts';
import type { Around } from './command-table.ts';
import { passThrough } from './pass-through.ts';

/** Commands that need no project; without a command Compose tells what is wrong. */
const projectless = new Set(['', 'ls', 'version', 'help', 'completion']);

/** `kdev compose …`: exactly `docker compose` where no service has x-kdev. */
export async function compose(
  words: readonly string[],
  { kdev, progress }: Pick<Around, 'kdev' | 'progress'>,
): Promise<number> {
  // Before the command it is kdev's, and Compose's by the same name; not every Compose knows json.
  const isComposesToo = progress !== undefined && progress !== 'json';
  const args = isComposesToo ? [`--progress=${progress}`, ...words] : words;
  const commandLine = parseComposeLine(args);
  const { command = '' } = commandLine;
  if (words.length === 0 || asksForHelp(commandLine)) {
    if (command === '') await sayHelp();
    return await passThrough(commandLine);
  }
  const asksForVersion = hasFlag(commandLine, '--version') || hasFlag(commandLine, '-v');
  if (asksForVersion || projectless.has(command)) return await passThrough(commandLine);
  const around = { directory: process.cwd(), environment: process.env };
  const found = findComposeFiles(commandLine, around);
  const input = found.fromStandardInput ? Buffer.concat(await process.stdin.toArray()) : undefined;
  if (!(await mayBeIntercepted(commandLine, found, input))) {
    return await passThrough(commandLine, input);
  }
  // Compose alone waits for none of what kdev takes beside it.
  const [{ openStory }, { sayFirstWords }] = await Promise.all([
    import('./story.ts'),
    import('./first-words.ts'),
  ]);
  const openOwnStory = () =>
    openStory({ ...(progress && { progress }), ...storyFlags(commandLine) });
  const isOpened = sayFirstWords(commandLine, around, openOwnStory);
  // What it takes to do more is loaded when something is on the screen.
  const { runOnProjectOf } = await import('./compose-command.ts');
  return await runOnProjectOf(commandLine, { kdev, isOpened, openOwnStory, input });
}

async function sayHelp(): Promise<void> {
  const { composeHelp } = await import('./compose-help.ts');
  process.stdout.write(composeHelp());
}

function parseComposeLine(args: readonly string[]): ComposeCommandLine {
  return parseCommandLine(
    args,
    outsideSettings.map(({ flag }) => flag),
  );
}

function storyFlags(commandLine: ComposeCommandLine) {
  const progress = flagValues(commandLine, '--progress').at(-1);
  const ansi = flagValues(commandLine, '--ansi').at(-1);
  return {
    ...(progress === undefined ? {} : { progress }),
    ...(ansi === undefined ? {} : { ansi }),
  };
}

/** A project without files is known by its name alone: one that has a session is not for Compose alone. */
async function mayBeIntercepted(
  commandLine: ComposeCommandLine,
  found: ComposeFiles,
  input: Buffer | undefined,
): Promise<boolean> {
  if (found.files.length > 0 || input) {
    return (
      (await mayHaveXKdev(found, input?.toString())) || (await mayHaveHadXKdev(commandLine, found))
    );
  }
  const name =
    flagValues(commandLine, '--project-name').at(-1) ?? process.env['COMPOSE_PROJECT_NAME'];
  if (name === undefined) return false;
  const { folderOf } = await import('../session/join-session.ts');
  return existsSync(folderOf(name).path);
}

/** Of these commands a session is to know that was started when the files had x-kdev. */
const ofFormerSessions = new Set(['up', 'down']);

async function mayHaveHadXKdev(
  { command = '' }: ComposeCommandLine,
  { directory }: ComposeFiles,
): Promise<boolean> {
  if (!ofFormerSessions.has(command)) return false;
  const { hadSession } = await import('../session/had-session.ts');
  return hadSession(directory);
}

function asksForHelp(commandLine: ComposeCommandLine): boolean {
  const { command, rest } = commandLine;
  if (hasFlag(commandLine, '--help') || hasFlag(commandLine, '-h')) return true;
  const isProgram = command === 'run' || command === 'exec';
  const program = rest.findIndex((word) => !word.startsWith('-'));
  const own = isProgram && program >= 0 ? rest.slice(0, program) : rest;
  return own.some((word) => word === '--help' || word === '-h');
}
