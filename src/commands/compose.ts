import { type ComposeCommandLine, flagValues, parseCommandLine } from '../compose/command-line.ts';
import { outsideSettings } from '../config/flags.ts';
import type { Around } from './command.ts';
import { asksForHelp, filesForKdev } from './compose-alone.ts';
import { passThrough } from './pass-through.ts';

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
  if (command === '' && (words.length === 0 || asksForHelp(commandLine))) await sayHelp();
  let input: Buffer | undefined;
  const readInput = async () => {
    input ??= Buffer.concat(await process.stdin.toArray());
    return input;
  };
  const found = await filesForKdev(commandLine, readInput);
  if (!found) return await passThrough(commandLine, input);
  const [{ openStory }, { sayFirstWords }] = await Promise.all([
    import('./story.ts'),
    import('./first-words.ts'),
  ]);
  const openOwnStory = () =>
    openStory({ ...(progress && { progress }), ...storyFlags(commandLine) });
  const isOpened = sayFirstWords(
    commandLine,
    { files: found.files, from: process.cwd() },
    openOwnStory,
  );
  // What it takes to do more is loaded when something is on the screen.
  const { runOnProjectOf } = await import('./compose-command.ts');
  return await runOnProjectOf(commandLine, { kdev, isOpened, openOwnStory, input, found });
}

async function sayHelp(): Promise<void> {
  const { composeHelp } = await import('./compose-help.ts');
  process.stdout.write(composeHelp());
}

export function parseComposeLine(args: readonly string[]): ComposeCommandLine {
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
