import { kdevError } from '../errors/kdev-error.ts';
import { type ProgressMode, parseProgressMode } from '../screen/progress-mode.ts';

/** What every command takes. */
export interface GlobalOptions {
  /** How the story is told on stderr; undefined where the terminal decides. */
  readonly progress?: ProgressMode;
  /** A failure is printed with its stack. */
  readonly isDebug: boolean;
}

export const globalOptionsHelp: readonly (readonly [flags: string, help: string])[] = [
  ['-q, --quiet', 'says nothing but results and errors: --progress quiet'],
  ['--progress MODE', 'auto, tty, plain, json or quiet   [KDEV_PROGRESS]'],
  ['--debug', 'prints the stack of a failure   [KDEV_DEBUG]'],
];

interface Taken extends GlobalOptions {
  readonly words: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says of them. */
export function globalVariables(env: Environment): GlobalOptions {
  const mode = env['KDEV_PROGRESS'];
  return {
    isDebug: !['', '0', 'false'].includes(env['KDEV_DEBUG'] ?? ''),
    ...(mode ? { progress: parseProgressMode(mode, 'KDEV_PROGRESS') } : {}),
  };
}

/** Takes them from before the command: up to the first word that is none. */
export function takeLeadingOptions(words: readonly string[], from: GlobalOptions): Taken {
  const left = [...words];
  let options = from;
  for (let found = takeAt(left, 0); found; found = takeAt(left, 0)) {
    options = { ...options, ...found };
  }
  return { ...options, words: left };
}

/** Takes them from anywhere behind the command, up to `--`. */
export function takeAllOptions(words: readonly string[], from: GlobalOptions): Taken {
  const left = [...words];
  let options = from;
  for (let at = 0; at < left.length && left[at] !== '--'; ) {
    const found = takeAt(left, at);
    if (found) options = { ...options, ...found };
    else at += 1;
  }
  return { ...options, words: left };
}

/** Removes the option that stands there from the words; undefined where none does. */
function takeAt(words: string[], at: number): Partial<GlobalOptions> | undefined {
  const [, name = '', given] = /^([^=]*)(?:=(.*))?$/s.exec(words[at] ?? '') ?? [];
  if (name === '--progress') {
    const value = given ?? words[at + 1];
    words.splice(at, given === undefined ? 2 : 1);
    if (value === undefined) throw needsValue();
    return { progress: parseProgressMode(value) };
  }
  const found = given === undefined ? switches[name] : undefined;
  if (found) words.splice(at, 1);
  return found;
}

const switches: Readonly<Record<string, Partial<GlobalOptions>>> = {
  '-q': { progress: 'quiet' },
  '--quiet': { progress: 'quiet' },
  '--debug': { isDebug: true },
};

function needsValue() {
  return kdevError('COMMAND_LINE', {
    fact: '--progress needs a value',
    hints: [{ who: 'you', text: 'lists the options of every command', command: 'kdev --help' }],
  });
}
