import { didYouMean } from '../errors/nearest-name.ts';
import type { Around, Command } from './command.ts';
import { type CommandForm, examplesText, misused } from './command-form.ts';

/** Runs one of a command's own commands: `kdev image build`. Without a word, or for --help, tells which there are. */
export async function runGroup(
  form: CommandForm,
  loaders: Readonly<Record<string, () => Promise<Command>>>,
  { args: [name = '--help', ...args], around }: { args: readonly string[]; around: Around },
): Promise<number> {
  if (name === '--help' || name === '-h') {
    process.stdout.write(groupHelp(form));
    return 0;
  }
  const load = Object.hasOwn(loaders, name) ? loaders[name] : undefined;
  if (load) return await (await load())(args, around);
  const known = membersOf(form).map((member) => member.name);
  throw misused(form, `no command ${name}${didYouMean(name, known)}`);
}

export function groupHelp(form: CommandForm): string {
  const members = membersOf(form);
  const width = Math.max(...members.map(({ name }) => name.length));
  return [
    `Usage: kdev ${form.name} <command>`,
    '',
    form.summary,
    '',
    'Commands, each with its own --help:',
    ...members.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    examplesText(form.examples),
    '',
  ].join('\n');
}

/** Its commands by the word that stands behind its name. */
export function membersOf({ name, commands = [] }: CommandForm): readonly CommandForm[] {
  return commands.map((form) => ({ ...form, name: form.name.slice(name.length + 1) }));
}
