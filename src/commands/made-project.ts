import { resolve } from 'node:path';
import { dockerAsker } from '../compose/ask-docker.ts';
import type { ComposeCommandLine } from '../compose/command-line.ts';
import { type Model, serializeProject } from '../compose/model.ts';
import { misused } from '../docker-run/misused.ts';
import type { NamedVolume } from '../docker-run/mounts.ts';
import { readWork, type Work } from './work.ts';

/** A Compose project that nobody has written: a `docker run` was asked for. */
export interface MadeProject {
  readonly model: Model;
  readonly project: string;
  readonly directory: string;
}

export type MadeCommand = Omit<ComposeCommandLine, 'globalFlags' | 'globalWords'> &
  Pick<Work, 'kdev' | 'isOpened'>;

export async function readMadeProject(
  { model, project, directory }: MadeProject,
  { kdev, isOpened, ...command }: MadeCommand,
): Promise<Work> {
  const flags = {
    '--file': '-',
    '--project-name': project,
    '--project-directory': directory,
    // Compose's .env is none of docker run's.
    '--env-file': '/dev/null',
  };
  const globalFlags = Object.entries(flags).map(([name, value]) => ({ name, value }));
  const input = Buffer.from(serializeProject(model));
  return await readWork({ ...command, globalFlags, globalWords: [] }, { kdev, isOpened, input });
}

/** As `docker run` has it: what is there is used as it is. */
export async function makeVolumes(volumes: readonly NamedVolume[]): Promise<void> {
  const askDocker = dockerAsker(resolve(), process.env);
  for (const { name, driver, driverOptions = [], labels = [] } of volumes) {
    const { exitCode, stderr } = await askDocker([
      'volume',
      'create',
      ...(driver === undefined ? [] : ['--driver', driver]),
      ...driverOptions.flatMap((option) => ['--opt', option]),
      ...labels.flatMap((label) => ['--label', label]),
      name,
    ]);
    if (exitCode !== 0) throw misused(`the volume ${name} cannot be made: ${stderr.trim()}`);
  }
}
