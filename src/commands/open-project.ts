import { type ComposeCommandLine, parseCommandLine } from '../compose/command-line.ts';
import { mapAt } from '../compose/model.ts';
import { outsideSettings } from '../config/flags.ts';
import { kdevError } from '../errors/kdev-error.ts';
import { didYouMean } from '../errors/nearest-name.ts';
import type { ClusterOptions } from './choose-cluster.ts';
import { readWork, type Work } from './work.ts';

export interface ProjectOptions {
  readonly file?: readonly string[];
  readonly projectName?: string;
  readonly projectDirectory?: string;
}

/** The compose project that a command is about. */
export async function openProject(options: ProjectOptions & ClusterOptions): Promise<Work> {
  return await readWork(projectCommandLine(options), {
    kdev: [],
    isOpened: true,
    input: undefined,
  });
}

/** The same flags as `kdev compose` would get them. */
export function projectCommandLine(options: ProjectOptions & ClusterOptions): ComposeCommandLine {
  const { file = [], projectName, projectDirectory, context, namespace } = options;
  const flags = {
    '--project-name': projectName,
    '--project-directory': projectDirectory,
    '--context': context,
    '--namespace': namespace,
  };
  const args = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
  return parseCommandLine(
    [...file.map((path) => `--file=${path}`), ...args, 'config'],
    outsideSettings.map(({ flag }) => flag),
  );
}

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
