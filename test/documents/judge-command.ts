import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type CommandForm, parseCommand } from '../../src/commands/command-form.ts';
import { commandSections } from '../../src/commands/command-table.ts';
import { takeAllOptions, takeLeadingOptions } from '../../src/commands/global-options.ts';
import { openCommandLine } from '../../src/commands/open-command-line.ts';
import { parseCommandLine } from '../../src/compose/command-line.ts';
import { outsideSettings } from '../../src/config/flags.ts';
import { isKdevError } from '../../src/errors/kdev-error.ts';
import { commandsOf } from './command-lines.ts';
import { root } from './pages.ts';

/** Every command of Docker Compose that a page may name; what flags they have, the end-to-end ring asks Compose. */
const composeCommands = (
  'attach build commit config cp create down events exec export images kill logs ls pause port ps ' +
  'publish pull push restart rm run scale start stats stop top unpause up version volumes wait watch'
).split(' ');

const scripts: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(path.join(root, 'package.json'), 'utf8'),
).scripts;

/** Why a line cannot be what a reader should type, by kdev's own parsers; undefined where it can be. */
export async function complaint(line: string): Promise<string | undefined> {
  for (const [program = '', ...words] of commandsOf(line)) {
    const why = Object.hasOwn(judges, program) ? await judges[program]?.(words) : undefined;
    if (why !== undefined) return why;
  }
  return undefined;
}

type Judge = (words: readonly string[]) => string | undefined | Promise<string | undefined>;

const judges: Readonly<Record<string, Judge>> = {
  kdev: judgeKdev,
  npm: judgeNpm,
  npx: ([program = '']) =>
    existsSync(path.join(root, 'node_modules/.bin', program)) ? undefined : `no program ${program}`,
};

function judgeNpm(words: readonly string[]): string | undefined {
  const [command, name = ''] = words.filter((word) => !word.startsWith('-'));
  if (command !== 'run') return undefined;
  return Object.hasOwn(scripts, name) ? undefined : `package.json has no script ${name}`;
}

async function judgeKdev(words: readonly string[]): Promise<string | undefined> {
  try {
    await openCommandLine(words, {});
    const { words: left } = takeLeadingOptions(words, { isDebug: false });
    const [name, ...rest] = left;
    const entry = commandSections.flat().find(({ form }) => form.name === name);
    if (!entry) return undefined;
    if (name === 'compose') return judgeCompose(rest);
    const { form, handsWordsOn } = entry;
    return judgeForm(form, handsWordsOn ? rest : takeAllOptions(rest, { isDebug: false }).words);
  } catch (error) {
    if (isKdevError(error)) return error.fact;
    throw error;
  }
}

function judgeForm(form: CommandForm, words: readonly string[]): string | undefined {
  const [first = '', ...rest] = words;
  const inner = form.commands?.find(({ name }) => name === `${form.name} ${first}`);
  if (inner) return judgeForm(inner, rest);
  const asksForHelp = words.includes('--help');
  if (form.commands) {
    return first === '' || asksForHelp ? undefined : `kdev ${form.name} has no command ${first}`;
  }
  // What stands behind these is judged by Docker and Compose.
  if (asksForHelp || form.words?.includes('...')) return undefined;
  try {
    parseCommand(form, words);
    return undefined;
  } catch (error) {
    if (!isKdevError(error)) throw error;
    // In a sentence a command stands for all of its uses: `kdev env`.
    return error.fact.includes('missing required argument') ? undefined : error.fact;
  }
}

function judgeCompose(words: readonly string[]): string | undefined {
  const flags = outsideSettings.map(({ flag }) => flag);
  const { command } = parseCommandLine(words, flags);
  if (command === undefined || composeCommands.includes(command)) return undefined;
  return `docker compose has no command ${command}`;
}
