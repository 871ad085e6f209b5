import { type ComposeCommandLine, parseCommandLine } from '../compose/command-line.ts';
import { findComposeFiles } from '../compose/compose-files.ts';
import { mapAt } from '../compose/model.ts';
import type { ResolvedProject } from '../compose/read-project.ts';
import { outsideSettings } from '../config/flags.ts';
import { catalogue } from '../errors/catalogue.ts';
import { isKdevError, kdevError } from '../errors/kdev-error.ts';
import { didYouMean } from '../errors/nearest-name.ts';
import { listProjectFolders, ownRuntimeRoot } from '../session/runtime-folder.ts';
import { readState, type SessionState } from '../session/state-file.ts';
import type { Run } from './runs.ts';
import { readWork, type Work } from './work.ts';

export interface ProjectOptions {
  readonly file?: readonly string[];
  readonly projectName?: string;
  readonly projectDirectory?: string;
}

export interface ClusterOptions {
  readonly context?: string;
  readonly namespace?: string;
}

/** The compose project that a command is about. Options by the names of kdev's flags count as those. */
export async function openProject(options: ProjectOptions): Promise<Work> {
  return await readWork(projectCommandLine(options), {
    kdev: [],
    isOpened: true,
    input: undefined,
  });
}

/** The same flags as `kdev compose` would get them; for the name of a running project those that it was brought up with. */
export function projectCommandLine(options: ProjectOptions): ComposeCommandLine {
  const { projectName } = options;
  const asGiven = commandLineOf(options);
  const found = findComposeFiles(asGiven, { directory: process.cwd(), environment: process.env });
  if (projectName === undefined || found.fromStandardInput || found.files.length > 0)
    return asGiven;
  const folders = listProjectFolders(ownRuntimeRoot());
  const states = folders.flatMap(({ state }) => readState(state) ?? []);
  const state = states.find(({ project }) => project === projectName);
  if (!state || state.files.length === 0) throw noSuchProject(projectName, states);
  return commandLineOf({ ...options, file: state.files, projectDirectory: state.directory });
}

function noSuchProject(name: string, states: readonly SessionState[]) {
  const running = states.map(({ project }) => project);
  return kdevError('COMPOSE_FILE_MISSING', {
    fact: `there is no compose file here, and no session of a project ${name}${didYouMean(name, running)}`,
    hints: [
      { who: 'you', text: 'lists the sessions', command: 'kdev status' },
      { who: 'you', text: 'or name the file: --file, or go to its folder' },
    ],
  });
}

function commandLineOf(options: ProjectOptions): ComposeCommandLine {
  const { file = [], projectName, projectDirectory } = options;
  const flags = {
    '--project-name': projectName,
    '--project-directory': projectDirectory,
    ...settingFlags(options),
  };
  const args = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
  return parseCommandLine(
    [...file.map((path) => `--file=${path}`), ...args, 'config'],
    outsideSettings.map(({ flag }) => flag),
  );
}

/** kdev's own flags among a command's options: `agentMode` is --agent-mode. */
export function settingFlags(options: object): Readonly<Record<string, string>> {
  const given = outsideSettings.flatMap(({ flag }) => {
    const name = flag.slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const value: unknown = Reflect.get(options, name);
    return typeof value === 'string' ? [[flag, value] as const] : [];
  });
  return Object.fromEntries(given);
}

/** What a command needs to know that asks the session of one service. */
export interface ServedProject {
  readonly project: Pick<ResolvedProject, 'name' | 'xKdev'>;
  /** The name of its container, where it is of `kdev run`. */
  readonly run?: string;
}

/** The compose project of a service; where there is none with it, the container of `kdev run` of that name. */
export async function openProjectOf(
  service: string,
  options: ProjectOptions,
): Promise<ServedProject> {
  const found = await projectOrRun(service, options);
  if ('work' in found) return found.work;
  const xKdev = { services: new Map([[service, {}]]), project: undefined };
  return { project: { name: found.run.project, xKdev }, run: service };
}

/** The same, for a command that needs to know more. */
export async function projectOrRun(
  service: string,
  options: ProjectOptions,
): Promise<{ readonly work: Work } | { readonly run: Run }> {
  try {
    const work = await openProject(options);
    refuseUnknownService(work, service);
    return { work };
  } catch (error) {
    if (!isKdevError(error) || !withoutService.includes(error.code)) throw error;
    const { listRuns } = await import('./runs.ts');
    const run = (await listRuns()).find(({ name }) => name === service);
    if (!run) throw error;
    return { run };
  }
}

const withoutService: readonly string[] = [
  catalogue.COMPOSE_FILE_INVALID.code,
  catalogue.COMPOSE_FILE_MISSING.code,
  catalogue.SERVICE_UNKNOWN.code,
];

/** Fails where the project has no such service. */
export function refuseUnknownService({ project }: Pick<Work, 'project'>, service: string): void {
  const known = Object.keys(mapAt(project.model, 'services'));
  if (known.includes(service)) return;
  throw kdevError('SERVICE_UNKNOWN', {
    fact: `project ${project.name} has no service ${service}${didYouMean(service, known)}`,
    evidence: `services: ${known.sort().join(', ') || 'none'}`,
    hints: [{ who: 'you', text: 'lists them', command: 'kdev compose config --services' }],
  });
}
