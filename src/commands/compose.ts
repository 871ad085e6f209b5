import {
  type ComposeCommandLine,
  flagValues,
  hasFlag,
  parseCommandLine,
} from '../compose/command-line.ts';
import { outsideSettings } from '../config/flags.ts';
import { composeHelp } from './compose-help.ts';
import { sayFirstWords } from './first-words.ts';
import { passThrough } from './pass-through.ts';
import { openStory } from './story.ts';

/** Commands that need no project. */
const projectless = new Set(['ls', 'version', 'help', 'completion']);

/** `kdev compose …`: exactly `docker compose` where no service has x-kdev. */
export async function compose(args: readonly string[], kdev: readonly string[]): Promise<number> {
  const commandLine = parseComposeLine(args);
  const { command = '' } = commandLine;
  if (asksForHelp(commandLine)) {
    if (command === '' || command === 'help') process.stdout.write(composeHelp());
    return await passThrough(commandLine);
  }
  if (projectless.has(command)) return await passThrough(commandLine);
  const openOwnStory = () => openStory(storyFlags(commandLine));
  const around = { directory: process.cwd(), environment: process.env };
  const isOpened = sayFirstWords(commandLine, around, openOwnStory);
  // What it takes to do more is loaded when something is on the screen.
  const { runOnProjectOf } = await import('./compose-command.ts');
  return await runOnProjectOf(commandLine, { kdev, isOpened, openOwnStory });
}

function parseComposeLine(args: readonly string[]): ComposeCommandLine {
  return parseCommandLine(
    args,
    outsideSettings.map(({ flag }) => flag),
  );
}

function storyFlags(commandLine: ComposeCommandLine) {
  const [mode] = flagValues(commandLine, '--progress');
  const [ansi] = flagValues(commandLine, '--ansi');
  return { ...(mode === undefined ? {} : { mode }), ...(ansi === undefined ? {} : { ansi }) };
}

function asksForHelp(commandLine: ComposeCommandLine): boolean {
  const { command, rest } = commandLine;
  if (command === undefined) return true;
  if (hasFlag(commandLine, '--help') || hasFlag(commandLine, '--version')) return true;
  const isProgram = command === 'run' || command === 'exec';
  return !isProgram && rest.some((word) => word === '--help' || word === '-h');
}
