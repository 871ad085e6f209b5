import { Command, CommanderError, Option } from 'commander';
import { kdevError } from '../errors/kdev-error.ts';

/** One of kdev's own commands as a person types it. Its parser, its help and the shells' completion come from this. */
export interface CommandForm {
  /** As it is typed after `kdev`. */
  readonly name: string;
  readonly summary: string;
  /** The words that it takes: `[service]`. */
  readonly words?: string;
  readonly options: readonly OptionForm[];
  readonly examples: readonly (readonly [command: string, what: string])[];
}

export interface OptionForm {
  /** `-o, --output <format>`. */
  readonly flags: string;
  readonly help: string;
  readonly choices?: readonly string[];
  readonly fallback?: string;
  /** May be given again: its values are a list. */
  readonly isRepeated?: boolean;
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
    throw misused(form, error.message.replace(/^error: /, '').replaceAll('\n', ' '));
  }
}

/** The command line is not what the command takes. */
export function misused({ name }: Pick<CommandForm, 'name'>, fact: string) {
  return kdevError('COMMAND_LINE', {
    fact: `kdev ${name}: ${fact}`,
    hints: [{ who: 'you', text: 'tells what it takes', command: `kdev ${name} --help` }],
  });
}

function commandOf({ name, summary, words, options, examples }: CommandForm): Command {
  const command = new Command(`kdev ${name}`)
    .description(summary)
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({ writeErr: () => undefined })
    .addHelpText('after', examplesText(examples));
  if (words !== undefined) command.arguments(words);
  for (const { flags, help, choices, fallback, isRepeated } of options) {
    const option = new Option(flags, help);
    if (choices) option.choices(choices);
    if (fallback !== undefined) option.default(fallback);
    if (isRepeated) option.argParser((value, former: string[] = []) => [...former, value]);
    command.addOption(option);
  }
  return command;
}

function examplesText(examples: CommandForm['examples']): string {
  const width = Math.max(...examples.map(([command]) => command.length));
  return `\n${examples.map(([command, what]) => `  ${command.padEnd(width)}   ${what}`).join('\n')}`;
}
