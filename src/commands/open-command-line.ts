import { type KdevError, kdevError } from '../errors/kdev-error.ts';
import { didYouMean } from '../errors/nearest-name.ts';
import type { Around, TableEntry } from './command.ts';
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
export async function openCommandLine(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<OpenedCommandLine> {
  const leading = takeLeadingOptions(argv, globalVariables(env));
  const [first = 'help', ...given] = leading.words;
  const name = aliases[first] ?? first;
  const entry = name === 'compose' ? composeEntry : await findInTable(name);
  const { words, ...options } = entry.handsWordsOn
    ? takeDebug(name, given, leading)
    : takeAllOptions(given, leading);
  const run: OpenedCommandLine['run'] = async (kdev) => {
    const command = await entry.load();
    return await command(words, { ...options, kdev, loadSections });
  };
  return { options, run };
}

/** The same as in the table, without what the table takes to load: nobody waits for the forms of other commands. */
const composeEntry: Omit<TableEntry, 'form'> = {
  load: async () => (await import('./compose.ts')).compose,
  handsWordsOn: true,
};

async function findInTable(name: string): Promise<Omit<TableEntry, 'form'>> {
  const { commandSections, findEntry } = await import('./command-table.ts');
  const names = commandSections.flat().map(({ form }) => form.name);
  const entry = findEntry(name);
  if (!entry) throw unknownCommand(name, names);
  return entry;
}

async function loadSections() {
  return (await import('./command-table.ts')).commandSections;
}

/** `--debug` alone is kdev's also among words for Compose, but not among those of a program. */
function takeDebug(name: string, words: readonly string[], from: GlobalOptions) {
  const isProgram = [name, ...words].some((word) => word === 'exec' || word === 'run');
  if (isProgram || !words.includes('--debug')) return { ...from, words };
  return { ...from, isDebug: true, words: words.filter((word) => word !== '--debug') };
}

const aliases: Readonly<Record<string, string>> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-v': 'version',
};

/** Those that are no command of kdev's beside it. */
const commandsOfCompose = new Set(
  'attach build commit cp create down events export images kill pause port ps publish pull push restart rm scale start stats top unpause up volumes wait watch'.split(
    ' ',
  ),
);

function unknownCommand(name: string, known: readonly string[]): KdevError {
  const what = name.startsWith('-') ? 'option' : 'command';
  const options = ['--quiet', '--progress', '--debug', '--help', '--version'];
  const near = commandsOfCompose.has(name)
    ? `, did you mean kdev compose ${name}?`
    : didYouMean(name, what === 'option' ? options : known);
  return kdevError('COMMAND_LINE', {
    fact: `kdev has no ${what} ${name}${near}`,
    hints: [{ who: 'you', text: 'lists the commands', command: 'kdev --help' }],
  });
}
