import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { type ComposeCommandLine, flagValues } from './command-line.ts';

/** Where Compose finds its project: it does not say so itself. */
export interface ComposeFiles {
  /** Absolute, in the order in which Compose reads them; the standard input is left out. */
  readonly files: readonly string[];
  readonly fromStandardInput: boolean;
  /** The project's directory. */
  readonly directory: string;
  /** The profiles that are active. */
  readonly profiles: readonly string[];
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
  const found = nearestDefault(here);
  const envDirectory = resolve(here, chosen ?? (found ? dirname(found) : '.'));
  const envFiles = flag('--env-file').map((file) => resolve(here, file));
  const variables = readEnvFiles(envFiles.length > 0 ? envFiles : [join(envDirectory, '.env')]);
  const setting = (name: string) => environment[name] ?? variables.get(name);

  const separator = setting('COMPOSE_PATH_SEPARATOR') ?? delimiter;
  const named = flag('--file');
  const listed = named.length > 0 ? named : split(setting('COMPOSE_FILE'), separator);
  const files = listed.length > 0 ? listed : withOverride(found);
  const first = files.find((file) => file !== '-');
  return {
    files: files.filter((file) => file !== '-').map((file) => resolve(here, file)),
    fromStandardInput: files.includes('-'),
    directory: resolve(here, chosen ?? (first ? dirname(resolve(here, first)) : '.')),
    profiles: [...flag('--profile'), ...split(setting('COMPOSE_PROFILES'), ',')],
    envFileHas: (name) => variables.has(name),
  };
}

function split(list: string | undefined, separator: string): string[] {
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

/** Names and plain values. Compose's own reader knows more (quotes over lines, variables), which the few settings asked for here do not use. */
function readEnvFiles(files: readonly string[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (const file of files.filter((name) => existsSync(name))) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const entry = /^\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*[=:]\s*(.*?)\s*$/.exec(line);
      const [, name, value = ''] = entry ?? [];
      if (name !== undefined) variables.set(name, value.replace(/^(["'])(.*)\1$/, '$2'));
    }
  }
  return variables;
}
