import { Command, CommanderError, Option } from 'commander';
import { everySetting } from '../config/flags.ts';
import { kdevError } from '../errors/kdev-error.ts';
import { didYouMean } from '../errors/nearest-name.ts';
import { besideText } from '../screen/text-width.ts';
import { resultTerminal } from './results.ts';

/** One of kdev's own commands as a person types it. Its parser, its help and the shells' completion come from this. */
export interface CommandForm {
  /** As it is typed after `kdev`. */
  readonly name: string;
  /** A sentence that fits beside the name in the list of all commands. */
  readonly summary: string;
  /** The words that it takes: `[service]`. What stands in the brackets is what the shells complete. */
  readonly words?: string;
  readonly options: readonly OptionForm[];
  /** Commands of its own, each by its whole name: `image build`. */
  readonly commands?: readonly CommandForm[];
  /** What else its help says, line by line. */
  readonly notes?: readonly string[];
  readonly examples: readonly (readonly [command: string, what: string])[];
}

export interface OptionForm {
  /** `-o, --output <format>`. What stands in the brackets is what the shells complete. */
  readonly flags: string;
  readonly help: string;
  readonly choices?: readonly string[];
  readonly fallback?: string;
  /** May be given again: its values are a list. */
  readonly isRepeated?: boolean;
  /** Understood, and told nobody. */
  readonly isHidden?: boolean;
  /** Not among those for which a help of one screen has room. */
  readonly isRare?: boolean;
}

export interface Asked<Options> {
  readonly options: Options;
  readonly words: readonly string[];
}

/** Takes a command line apart; undefined where it asked for help, which is printed then. */
export function parseCommand<Options>(
  form: CommandForm,
  args: readonly string[],
): Asked<Options> | undefined {
  const command = commandOf(form);
  try {
    command.parse(args, { from: 'user' });
    return { options: command.opts() as Options, words: command.args };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw misused(form, refusalWords(error.message));
  }
}

/** The command line is not what the command takes. */
export function misused({ name }: Pick<CommandForm, 'name'>, fact: string) {
  return kdevError('COMMAND_LINE', {
    fact: `kdev ${name}: ${fact}`,
    hints: [{ who: 'you', text: 'tells what it takes', command: `kdev ${name} --help` }],
  });
}

/** Commander's words on one line, with the nearest choice. */
function refusalWords(message: string): string {
  const words = message.replace(/^error: /, '').replaceAll('\n', ' ');
  const [, given = '', choices] =
    /argument '(.*)' is invalid. Allowed choices are (.*)\.$/.exec(words) ?? [];
  return choices === undefined
    ? words.replace(/ \(Did you mean (.*)\?\)$/, ', did you mean $1?')
    : words.replace(/\.$/, didYouMean(given, choices.split(', ')));
}

function commandOf(form: CommandForm): Command {
  const { name, summary, words, options, notes = [], examples } = form;
  const command = new Command(`kdev ${name}`)
    .description(summary)
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({ writeErr: () => undefined })
    .addHelpText(
      'after',
      `\n${[...notes, ...rareNotes(options), `Also ${everywhere}: kdev --help`].join('\n')}\n${examplesText(examples)}`,
    );
  if (words !== undefined) command.arguments(words);
  for (const { flags, help, choices, fallback, isRepeated, ...shown } of options) {
    const option = new Option(flags, help);
    if (choices) option.choices(choices);
    if (fallback !== undefined) option.default(fallback);
    if (isRepeated) option.argParser((value, former: string[] = []) => [...former, value]);
    if (shown.isHidden || shown.isRare) option.hideHelp();
    command.addOption(option);
  }
  return command;
}

function rareNotes(options: CommandForm['options']): string[] {
  return options.some(({ isRare }) => isRare) ? [everySetting] : [];
}

/** The options of every command. */
const everywhere = '--quiet, --progress and --debug';

export function examplesText(examples: CommandForm['examples']): string {
  const width = Math.max(...examples.map(([command]) => command.length));
  const { columns } = resultTerminal();
  const lines = examples.map(([command, what]) =>
    besideText(`  ${command.padEnd(width)}   `, what, columns),
  );
  return `\n${lines.join('\n')}`;
}
