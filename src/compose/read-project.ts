import { parse } from 'yaml';
import { kdevError } from '../errors/kdev-error.ts';
import type { Answer, AskDocker } from './ask-docker.ts';
import { type ComposeCommandLine, flagArguments } from './command-line.ts';
import { type ComposeFiles, findComposeFiles, type Surroundings } from './compose-files.ts';
import { isOlder, parseVersion } from './compose-version.ts';
import { engineComplaint } from './engine-complaint.ts';
import { keyLocator, type LocateKey } from './locate-key.ts';
import { isModel, listAt, type Model, mapAt, textAt, unescapeDollars } from './model.ts';
import { readableModel } from './readable-model.ts';

/** The user's project as Compose resolved it. */
export interface ResolvedProject {
  readonly name: string;
  readonly directory: string;
  /** Absolute, but for what came by the standard input. */
  readonly files: readonly string[];
  /** Every service, those of inactive profiles too. Unknown keys included; `$` is doubled in all of it. */
  readonly model: Model;
  /** The services that `up` starts by itself: without a profile, or with an active one. */
  readonly active: readonly string[];
  readonly separator: ComposeFiles['separator'];
  /** The x-kdev of each service that has one, and the top-level one: as the user wrote them. */
  readonly xKdev: { readonly services: ReadonlyMap<string, unknown>; readonly project: unknown };
  readonly locate: LocateKey;
  readonly envFileHas: ComposeFiles['envFileHas'];
  /** Of Compose itself. */
  readonly version: readonly number[];
  /** What Compose warned of, a line each. */
  readonly warnings: readonly string[];
}

export interface ReadProjectParts extends Surroundings {
  readonly askDocker: AskDocker;
  /** Reads the standard input to its end: `-f -`. */
  readonly readStandardInput: () => Promise<Buffer>;
}

/** start_interval of health checks and mounts of a part of a volume came with it. */
const oldestCompose = [2, 26];

/** Asks Compose for the project that these global flags mean. Its own words are the evidence when it refuses. */
export async function readProject(
  commandLine: ComposeCommandLine,
  parts: ReadProjectParts,
): Promise<ResolvedProject> {
  const found = findComposeFiles(commandLine, parts);
  const input = found.fromStandardInput ? { input: await parts.readStandardInput() } : {};
  const flags = flagArguments(commandLine, ['--profile', '--dry-run', '--progress', '--ansi']);
  const ask = (profiles: readonly string[]) =>
    parts.askDocker(
      ['compose', ...flags, ...profiles.map((name) => `--profile=${name}`), 'config'],
      input,
    );
  const [printed, everything] = await Promise.all([
    parts.askDocker(['compose', 'version', '--short']),
    ask(['*']),
  ]);
  const version = composeVersion(printed);
  // A service of an inactive profile may lack what it needs, such as its env_file.
  const answer = everything.exitCode === 0 ? everything : await ask(found.profiles);
  if (answer.exitCode !== 0) {
    throw engineComplaint(answer.stderr, parts.environment) ?? invalidProject(answer.stderr);
  }
  return asProject(parseModel(answer.stdout), found, {
    directory: parts.directory,
    version,
    warnings: readWarnings(answer.stderr),
  });
}

/** The YAML form: of 2.26 the JSON form has no extensions such as x-kdev. */
function parseModel(text: string): Model {
  const model: unknown = parse(text, { maxAliasCount: -1, logLevel: 'silent' });
  if (isModel(model)) return readableModel(model);
  throw kdevError('COMPOSE_FILE_INVALID', {
    fact: 'docker compose config printed something that is no project',
    evidence: text.slice(0, 200),
    hints: [{ who: 'you', command: 'docker compose config', text: 'prints the resolved project' }],
  });
}

function asProject(
  model: Model,
  found: ComposeFiles,
  {
    directory,
    version,
    warnings,
  }: Pick<ResolvedProject, 'version' | 'warnings'> & { readonly directory: string },
): ResolvedProject {
  const services = Object.entries(mapAt(model, 'services')).flatMap(([name, service]) =>
    isModel(service) ? [{ name, service }] : [],
  );
  return {
    name: textAt(model, 'name') ?? '',
    directory: found.directory,
    files: found.files,
    model,
    active: services
      .filter(({ service }) => isActive(service, found.profiles))
      .map(({ name }) => name),
    separator: found.separator,
    xKdev: {
      project: unescapeDollars(model['x-kdev']),
      services: new Map(
        services
          .filter(({ service }) => 'x-kdev' in service)
          .map(({ name, service }) => [name, unescapeDollars(service['x-kdev'])]),
      ),
    },
    locate: keyLocator(found.files, directory),
    envFileHas: found.envFileHas,
    version,
    warnings,
  };
}

function isActive(service: Model, active: readonly string[]): boolean {
  const profiles = listAt(service, 'profiles').map(String);
  return (
    profiles.length === 0 ||
    active.includes('*') ||
    profiles.some((profile) => active.includes(profile))
  );
}

/** What `docker compose version --short` printed; throws where there is none, or too old a one. */
export function composeVersion({ exitCode, stdout: printed, stderr }: Answer): readonly number[] {
  if (exitCode !== 0) {
    throw kdevError('COMPOSE_MISSING', {
      fact: 'Docker has no compose command: the Compose plugin is not installed',
      evidence: stderr.trim().slice(0, 500),
      hints: [
        { who: 'you', text: 'install the Compose plugin (docs/errors.md, KDEV12101)' },
        { who: 'you', command: 'docker compose version', text: 'must work' },
      ],
    });
  }
  const version = parseVersion(printed);
  if (!isOlder(version, oldestCompose)) return version;
  throw kdevError('COMPOSE_TOO_OLD', {
    fact: `Docker Compose is ${printed.trim()}, and kdev needs ${oldestCompose.join('.')} or newer`,
    hints: [{ who: 'you', text: 'update the Compose plugin (docs/errors.md, KDEV12102)' }],
  });
}

function invalidProject(stderr: string) {
  return kdevError('COMPOSE_FILE_INVALID', {
    fact: 'Compose cannot read the project',
    evidence: readWarnings(stderr).join('\n').slice(0, 2000),
    hints: [{ who: 'you', text: 'shows the same without kdev', command: 'docker compose config' }],
  });
}

/** `time="…" level=warning msg="…"` → the message; other lines as they are. Once each. */
function readWarnings(stderr: string): readonly string[] {
  const lines = stderr.split('\n').flatMap((line) => {
    const message = /^time=.* level=\w+ msg=(".*")\s*$/.exec(line)?.[1];
    const text = message === undefined ? line.trim() : unquote(message);
    return text === '' ? [] : [text];
  });
  return [...new Set(lines)];
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
