import { resolve } from 'node:path';
import { dockerAsker } from '../compose/ask-docker.ts';
import {
  type ComposeCommandLine,
  flagArguments,
  flagValues,
  scaleFlags,
} from '../compose/command-line.ts';
import { type ResolvedProject, readProject } from '../compose/read-project.ts';
import { flagsOfReading } from '../compose/run-compose.ts';
import { scaleOf } from '../compose/service-scale.ts';
import { resolveSettings } from '../config/resolve-settings.ts';
import type { ServiceSettings } from '../config/settings.ts';
import { settingsSources } from './settings-sources.ts';

/** What a command of `kdev compose` works on. */
export interface Work {
  readonly commandLine: ComposeCommandLine;
  readonly project: ResolvedProject;
  /** What was read for `-f -`: it can be read only once. */
  readonly input: Buffer | undefined;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Runs kdev: the program and its first arguments. */
  readonly kdev: readonly string[];
  /** The first words are said. */
  readonly isOpened: boolean;
}

/** Compose's `--ansi`. */
export function ansiOf({ commandLine }: Pick<Work, 'commandLine'>): string | undefined {
  return flagValues(commandLine, '--ansi').at(-1);
}

export async function readWork(
  commandLine: ComposeCommandLine,
  { kdev, isOpened, input: given }: Pick<Work, 'kdev' | 'isOpened' | 'input'>,
): Promise<Work> {
  const directory = resolve();
  const environment = process.env;
  let input = given;
  const project = await readProject(commandLine, {
    directory,
    environment,
    askDocker: dockerAsker(directory, environment),
    readStandardInput: async () => {
      input ??= Buffer.concat(await process.stdin.toArray());
      return input;
    },
  });
  return { commandLine, project, input, directory, environment, kdev, isOpened };
}

/** The services with x-kdev. */
export function interceptedServices({
  project,
}: {
  readonly project: Pick<ResolvedProject, 'xKdev'>;
}): readonly string[] {
  return [...project.xKdev.services.keys()];
}

/** Those of which the command wants no container: they are scaled to 0. `run` makes one all the same. */
export function absentServices(work: Pick<Work, 'project' | 'commandLine'>): ReadonlySet<string> {
  const { project, commandLine } = work;
  if (commandLine.command === 'run') return new Set();
  const scales = scaleFlags(commandLine);
  const all = interceptedServices(work);
  return new Set(all.filter((service) => scaleOf(project.model, service, scales) === 0));
}

/** The services with x-kdev that are to run in the cluster. */
export function wantedServices(work: Pick<Work, 'project' | 'commandLine'>): readonly string[] {
  const absent = absentServices(work);
  return interceptedServices(work).filter((service) => !absent.has(service));
}

/** What was asked for these services; throws for the first mistake in any of the project's. */
export function settingsOf(work: Work, services: readonly string[]): readonly ServiceSettings[] {
  const { project, commandLine, environment } = work;
  const all = resolveSettings(settingsSources(project, commandLine.kdevFlags, environment));
  return all.filter(({ service }) => services.includes(service));
}

/** The user's global flags that still mean something for a rendered project. */
export function globalFlags({ commandLine }: Work, leaveOut: readonly string[] = []): string[] {
  return flagArguments(commandLine, [...flagsOfReading, ...leaveOut]);
}
