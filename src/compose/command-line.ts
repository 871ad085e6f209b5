import { type KdevError, kdevError } from '../errors/kdev-error.ts';
import { nearestName } from '../errors/nearest-name.ts';

/** `kdev compose …`, taken apart: Compose's global flags, its command, and kdev's own flags, which Compose never sees. */
export interface ComposeCommandLine {
  /** Compose's global flags. */
  readonly globalFlags: readonly GlobalFlag[];
  /** The same, word by word as they were typed. */
  readonly globalWords: readonly string[];
  readonly command: string | undefined;
  /** What follows the command. */
  readonly rest: readonly string[];
  /** kdev's flags with their values, by name: `--context`. */
  readonly kdevFlags: Readonly<Record<string, string>>;
  /** Whether one failing service is to end them all. */
  readonly failFast: boolean;
}

export interface GlobalFlag {
  /** The long name: `--file`. */
  readonly name: string;
  /** undefined: the flag has none. */
  readonly value: string | undefined;
}

const globalFlagsWithValue = [
  '--ansi',
  '--env-file',
  '--file',
  '--parallel',
  '--profile',
  '--progress',
  '--project-directory',
  '--project-name',
  '--workdir',
];
/** kdev's only flag without a value. */
const failFastFlag = '--fail-fast';
const shortFlags: Readonly<Record<string, string>> = { '-f': '--file', '-p': '--project-name' };

/** Commands whose arguments belong to a program in a container. */
const commandsThatRunPrograms = ['run', 'exec'];

/**
 * kdev's flags stand before the command or behind it; for `run` and `exec`, whose arguments are a program's, before it
 * only. What neither Compose nor kdev knows is left to Compose to refuse, unless it is a slip of one of kdev's flags.
 */
export function parseCommandLine(
  argv: readonly string[],
  kdevFlagNames: readonly string[],
): ComposeCommandLine {
  const kdevFlags: Record<string, string> = {};
  const words = new Words(argv);
  const { globalFlags, globalWords } = takeGlobalFlags(words, kdevFlagNames, kdevFlags);
  const command = words.take();
  const isProgram = command === undefined || commandsThatRunPrograms.includes(command);
  const own = isProgram ? [] : takeOwnFlags(words, kdevFlagNames, kdevFlags);
  const rest = own.filter((word) => word !== failFastFlag);
  return {
    globalFlags: globalFlags.filter(({ name }) => name !== failFastFlag),
    globalWords: globalWords.filter((word) => word !== failFastFlag),
    command,
    rest: [...rest, ...words.takeAll()],
    kdevFlags,
    failFast: rest.length < own.length || globalWords.includes(failFastFlag),
  };
}

function takeGlobalFlags(
  words: Words,
  kdevFlagNames: readonly string[],
  kdevFlags: Record<string, string>,
): Pick<ComposeCommandLine, 'globalFlags' | 'globalWords'> {
  const globalFlags: GlobalFlag[] = [];
  const globalWords: string[] = [];
  for (let word = words.peek(); word?.startsWith('-') && word !== '-'; word = words.peek()) {
    const before = words.all;
    const flag = words.takeFlag([...kdevFlagNames, ...globalFlagsWithValue]);
    if (kdevFlagNames.includes(flag.name)) {
      kdevFlags[flag.name] = requiredValue(flag);
    } else {
      if (/^-n/.test(flag.name)) throw neithersFlag('-n', '--namespace');
      refuseSlip(flag.name, kdevFlagNames);
      globalFlags.push(flag);
      globalWords.push(...before.slice(0, before.length - words.all.length));
    }
  }
  return { globalFlags, globalWords };
}

/** The words up to `--` that are no flag of kdev's. */
function takeOwnFlags(
  words: Words,
  kdevFlagNames: readonly string[],
  kdevFlags: Record<string, string>,
): string[] {
  const others: string[] = [];
  for (let word = words.peek(); word !== undefined && word !== '--'; word = words.peek()) {
    if (kdevFlagNames.includes(word.split('=', 1)[0] ?? '')) {
      const flag = words.takeFlag(kdevFlagNames);
      kdevFlags[flag.name] = requiredValue(flag);
    } else {
      refuseSlip(word.split('=', 1)[0] ?? '', kdevFlagNames);
      others.push(word);
      words.take();
    }
  }
  return others;
}

class Words {
  readonly #words: string[];

  constructor(words: readonly string[]) {
    this.#words = [...words];
  }

  /** Those that are not taken yet. */
  get all(): readonly string[] {
    return [...this.#words];
  }

  peek(): string | undefined {
    return this.#words[0];
  }

  take(): string | undefined {
    return this.#words.shift();
  }

  takeAll(): string[] {
    return this.#words.splice(0);
  }

  /** `--name value`, `--name=value`, `-f value`, `-fvalue`, `--switch`. */
  takeFlag(withValue: readonly string[]): GlobalFlag {
    const word = this.take() ?? '';
    const long = shortFlags[word.slice(0, 2)];
    if (!word.startsWith('--') && long !== undefined) {
      const attached = word.slice(2).replace(/^=/, '');
      return { name: long, value: attached === '' ? this.take() : attached };
    }
    const equals = word.indexOf('=');
    if (equals > 0) return { name: word.slice(0, equals), value: word.slice(equals + 1) };
    return { name: word, value: withValue.includes(word) ? this.take() : undefined };
  }
}

function requiredValue({ name, value }: GlobalFlag): string {
  if (value !== undefined && value !== '') return value;
  throw kdevError('COMMAND_LINE', {
    fact: `${name} needs a value`,
    hints: [{ who: 'you', command: 'kdev compose --help', text: "lists kdev's flags" }],
  });
}

/** Flags of Compose that are as near to one of kdev's as a slip, and all that stand before its command. */
const flagsOfCompose = [
  '--all-resources',
  '--compatibility',
  '--dry-run',
  '--help',
  '--images',
  '--name',
  '--version',
];

function refuseSlip(name: string, kdevFlagNames: readonly string[]): void {
  const known = [failFastFlag, ...flagsOfCompose];
  if (!name.startsWith('--') || [...known, ...globalFlagsWithValue].includes(name)) return;
  const near = nearestName(name, [...kdevFlagNames, ...globalFlagsWithValue, ...known]);
  if (near === undefined || ![...kdevFlagNames, failFastFlag].includes(near)) return;
  throw neithersFlag(name, near);
}

function neithersFlag(name: string, near: string): KdevError {
  return kdevError('COMMAND_LINE', {
    fact: `${name} is a flag of neither kdev nor Compose, did you mean ${near}?`,
    hints: [{ who: 'you', command: 'kdev compose --help', text: "lists kdev's flags" }],
  });
}

/** The values of one of Compose's global flags, in the order in which they were given. */
export function flagValues(commandLine: ComposeCommandLine, name: string): readonly string[] {
  return commandLine.globalFlags.flatMap((flag) =>
    flag.name === name && flag.value !== undefined ? [flag.value] : [],
  );
}

export function hasFlag(commandLine: ComposeCommandLine, name: string): boolean {
  return commandLine.globalFlags.some((flag) => flag.name === name && flag.value !== 'false');
}

/** Global flags as arguments again, without some of them. */
export function flagArguments(
  commandLine: ComposeCommandLine,
  leaveOut: readonly string[] = [],
): string[] {
  return commandLine.globalFlags
    .filter(({ name }) => !leaveOut.includes(name))
    .map(({ name, value }) => (value === undefined ? name : `${name}=${value}`));
}

/** Flags of `up` and `create` whose next word is a service's name that does not choose what is started. */
const flagsNamingServices = new Set(['--attach', '--no-attach', '--exit-code-from']);

/** Flags of `run` and `exec` that take the next word. */
const flagsBeforeProgram = new Set(
  [
    '--env -e --env-from-file --entrypoint --label -l --name --publish -p --user -u --volume -v',
    '--workdir -w --cap-add --cap-drop --index --pull',
  ]
    .join(' ')
    .split(' '),
);

/** The services that a command names: `up -d web` → web. For `run` and `exec` the first word only. */
export function namedServices(
  { command = '', rest }: Pick<ComposeCommandLine, 'command' | 'rest'>,
  services: readonly string[],
): readonly string[] {
  const isProgram = commandsThatRunPrograms.includes(command);
  const takesNext = isProgram ? flagsBeforeProgram : flagsNamingServices;
  const named = rest.filter((_, index) => isName(rest, index, takesNext));
  return (isProgram ? named.slice(0, 1) : named).filter((word) => services.includes(word));
}

/** The words behind a command that name no service, and these services instead. */
export function restWithServices(
  commandLine: Pick<ComposeCommandLine, 'rest'>,
  all: readonly string[],
  services: readonly string[],
): readonly string[] {
  const { rest } = commandLine;
  const flags = rest.filter(
    (word, index) => !(isName(rest, index, flagsNamingServices) && all.includes(word)),
  );
  return [...flags, ...services];
}

function isName(words: readonly string[], index: number, takesNext: ReadonlySet<string>): boolean {
  return !words[index]?.startsWith('-') && !takesNext.has(words[index - 1] ?? '');
}

/** Takes `--name value` or `--name=value` from the words behind a command, but not from a program's. The last value counts. */
export function takeFlag(
  name: string,
  { command = '', rest }: Pick<ComposeCommandLine, 'command' | 'rest'>,
): { readonly value: string | undefined; readonly rest: readonly string[] } {
  const isProgram = commandsThatRunPrograms.includes(command);
  const service = rest.findIndex((_, index) => isName(rest, index, flagsBeforeProgram));
  const end = isProgram && service >= 0 ? service : rest.length;
  const words = rest.slice(0, end);
  const kept: string[] = [];
  let value: string | undefined;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === name) value = words.shift();
    else if (word.startsWith(`${name}=`)) value = word.slice(name.length + 1);
    else kept.push(word);
  }
  return { value, rest: [...kept, ...rest.slice(end)] };
}

/** Compose knows `--dry-run` before its command and behind it. */
export function isDryRun(commandLine: ComposeCommandLine): boolean {
  const { command = '', rest } = commandLine;
  const isProgram = commandsThatRunPrograms.includes(command);
  const service = rest.findIndex((_, index) => isName(rest, index, flagsBeforeProgram));
  const own = isProgram && service >= 0 ? rest.slice(0, service) : rest;
  const end = own.indexOf('--');
  const words = end >= 0 ? own.slice(0, end) : own;
  const [last = hasFlag(commandLine, '--dry-run') ? '' : '=false'] = words
    .filter((word) => /^--dry-run(=|$)/.test(word))
    .map((word) => word.slice('--dry-run'.length))
    .slice(-1);
  return !/^=(0|f|false)$/i.test(last);
}

/** `--scale api=2` of an `up` → how often each service is to run. */
export function scaleFlags({ rest }: ComposeCommandLine): ReadonlyMap<string, number> {
  const scales = new Map<string, number>();
  for (const [index, word] of rest.entries()) {
    const [, given] = /^--scale(?:=(.*))?$/.exec(word) ?? [undefined, undefined];
    if (!word.startsWith('--scale')) continue;
    const [service, count] = (given ?? rest[index + 1] ?? '').split('=');
    if (service !== undefined && /^\d+$/.test(count ?? '')) scales.set(service, Number(count));
  }
  return scales;
}
