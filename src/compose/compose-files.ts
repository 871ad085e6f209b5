import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { type ComposeCommandLine, flagValues, hasFlag } from './command-line.ts';

/** Where Compose finds its project: it does not say so itself. */
export interface ComposeFiles {
  /** Absolute, in the order in which Compose reads them; the standard input is left out. */
  readonly files: readonly string[];
  readonly fromStandardInput: boolean;
  /** The project's directory. */
  readonly directory: string;
  /** The profiles that are active. */
  readonly profiles: readonly string[];
  /** What stands between the parts of a container's name: `_` for `--compatibility`. */
  readonly separator: '-' | '_';
  /** Variables of Compose's env files, for the few names that kdev asks for. */
  readonly envFileHas: (name: string) => boolean;
}

export interface Surroundings {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The order in which Compose looks; the second list is what may lie beside one of the first. */
const names = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const overrideNames = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];

export function findComposeFiles(
  commandLine: ComposeCommandLine,
  { directory: here, environment }: Surroundings,
): ComposeFiles {
  const flag = (name: string) => flagValues(commandLine, name);
  const chosen = flag('--project-directory').at(-1) ?? flag('--workdir').at(-1);
  const directoryOf = (files: readonly string[]) =>
    resolve(here, chosen ?? dirname(files.find((file) => file !== '-') ?? 'none'));
  const found = withOverride(nearestDefault(resolve(here, chosen ?? '.')));
  const named = firstGiven(
    flag('--file'),
    listOf(environment['COMPOSE_FILE'], environment['COMPOSE_PATH_SEPARATOR']),
  );
  const besides = directoryOf(firstGiven(named, found));
  const variables = readEnvFiles(
    envFiles(commandLine, environment, besides).map((file) => resolve(here, file)),
  );
  const setting = (name: string) => environment[name] ?? variables.get(name);
  const files = firstGiven(
    named,
    listOf(setting('COMPOSE_FILE'), setting('COMPOSE_PATH_SEPARATOR')),
    found,
  );
  return {
    files: files.filter((file) => file !== '-').map((file) => resolve(here, file)),
    fromStandardInput: files.includes('-'),
    directory: directoryOf(files),
    profiles: firstGiven(flag('--profile'), listOf(setting('COMPOSE_PROFILES'), ',')),
    separator:
      hasFlag(commandLine, '--compatibility') || isTrue(setting('COMPOSE_COMPATIBILITY'))
        ? '_'
        : '-',
    envFileHas: (name) => variables.has(name),
  };
}

/** The files that Compose takes variables from. */
function envFiles(
  commandLine: ComposeCommandLine,
  environment: Surroundings['environment'],
  directory: string,
): readonly string[] {
  const named = flagValues(commandLine, '--env-file');
  const listed = firstGiven(named, listOf(environment['COMPOSE_ENV_FILES'], ','));
  const isOff = isTrue(environment['COMPOSE_DISABLE_ENV_FILE']);
  return listed.length > 0 || isOff ? listed : [join(directory, '.env')];
}

function isTrue(value: string | undefined): boolean {
  return /^(1|t|true)$/i.test(value ?? '');
}

function firstGiven(...lists: readonly (readonly string[])[]): readonly string[] {
  return lists.find((list) => list.length > 0) ?? [];
}

function listOf(list: string | undefined, separator: string = delimiter): string[] {
  return (list ?? '')
    .split(separator)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function nearestDefault(start: string): string | undefined {
  for (let directory = resolve(start); ; directory = dirname(directory)) {
    const found = names.map((name) => join(directory, name)).find((file) => existsSync(file));
    if (found !== undefined || directory === dirname(directory)) return found;
  }
}

function withOverride(file: string | undefined): string[] {
  if (file === undefined) return [];
  const override = overrideNames
    .map((name) => join(dirname(file), name))
    .find((name) => existsSync(name));
  return override === undefined ? [file] : [file, override];
}

/**
 * Names and plain values: the last that gives a name counts. Compose's own reader knows more (quotes over lines,
 * variables), which the few settings asked for here do not use.
 */
function readEnvFiles(files: readonly string[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (const line of files.flatMap(linesOf)) {
    const entry = /^\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*[=:]\s*(.*?)\s*$/.exec(line);
    const [, name, value = ''] = entry ?? [];
    if (name === undefined) continue;
    const [, , quoted] = /^(["'])(.*?)\1(\s+#.*)?$/.exec(value) ?? [];
    variables.set(name, quoted ?? value.replace(/\s+#.*$/, ''));
  }
  return variables;
}

/** One that cannot be read is Compose's to complain of; a folder called .env is none. */
function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
