import { type KdevError, kdevError } from '../errors/kdev-error.ts';
import { didYouMean } from '../errors/nearest-name.ts';
import { type Around, commandSections, findEntry } from './command-table.ts';
import {
  type GlobalOptions,
  globalVariables,
  takeAllOptions,
  takeLeadingOptions,
} from './global-options.ts';

export interface OpenedCommandLine {
  readonly options: GlobalOptions;
  readonly run: (kdev: Around['kdev']) => Promise<number>;
}

/** The command that the words name, and the options of every command. */
export function openCommandLine(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): OpenedCommandLine {
  const leading = takeLeadingOptions(argv, globalVariables(env));
  const [first = 'help', ...given] = leading.words;
  const name = aliases[first] ?? first;
  const entry = findEntry(name);
  if (!entry) throw unknownCommand(name);
  const { words, ...options } = entry.handsWordsOn
    ? takeDebug(given, leading)
    : takeAllOptions(given, leading);
  const run: OpenedCommandLine['run'] = async (kdev) => {
    const command = await entry.load();
    return await command(words, { ...options, kdev, sections: commandSections });
  };
  return { options, run };
}

/** `--debug` alone is kdev's also among words for Compose, but not among those of a program. */
function takeDebug(words: readonly string[], from: GlobalOptions) {
  const isProgram = words.includes('exec') || words.includes('run');
  if (isProgram || !words.includes('--debug')) return { ...from, words };
  return { ...from, isDebug: true, words: words.filter((word) => word !== '--debug') };
}

const aliases: Readonly<Record<string, string>> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-v': 'version',
};

function unknownCommand(name: string): KdevError {
  const known = commandSections.flat().map(({ form }) => form.name);
  const what = name.startsWith('-') ? 'option' : 'command';
  const options = ['--quiet', '--progress', '--debug', '--help', '--version'];
  return kdevError('COMMAND_LINE', {
    fact: `kdev has no ${what} ${name}${didYouMean(name, what === 'option' ? options : known)}`,
    hints: [{ who: 'you', text: 'lists the commands', command: 'kdev --help' }],
  });
}
