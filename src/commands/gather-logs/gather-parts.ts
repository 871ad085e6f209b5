import { execFile } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { agentEvents } from '../../cluster/agent-events.ts';
import { openCluster } from '../../cluster/cluster.ts';
import { maskProject } from '../../compose/mask-project.ts';
import { pickSettings } from '../../config/resolve-settings.ts';
import { deadline } from '../../runtime/deadline.ts';
import type { SessionStatus } from '../../session/control.ts';
import { settingsData } from '../config-text.ts';
import { asData, runChecks } from '../doctor/doctor.ts';
import { agentSources, type LogSource, sessionSource, sidecarSources } from '../log-sources.ts';
import { renderNames } from '../names-only.ts';
import type { ProjectOptions } from '../open-project.ts';
import { mask } from '../redact.ts';
import { dataText } from '../results.ts';
import { settingsSources } from '../settings-sources.ts';
import { readStatus } from '../status.ts';
import { versions } from '../version.ts';
import { interceptedServices, type Work } from '../work.ts';

/** A file of the archive, and how to come by it. */
export interface Part {
  readonly path: string;
  readonly about: string;
  readonly read: () => Promise<string>;
}

/** What the archive is about. */
export interface GatheredFrom {
  readonly options: ProjectOptions;
  /** The project of this folder; undefined without one. */
  readonly work: Work | undefined;
  /** Of that project, else all. */
  readonly sessions: readonly SessionStatus[];
}

const askMs = 20_000;
const logLines = 20_000;

export async function gatherParts(from: GatheredFrom): Promise<readonly Part[]> {
  const { options, work, sessions } = from;
  const logs = await Promise.all(projectsOf(from).map(logParts));
  return [
    { path: 'versions.json', about: 'kdev, Node, Docker, Compose, system', read: readVersions },
    {
      path: 'doctor.json',
      about: 'what kdev doctor says',
      read: async () => dataText('json', { checks: (await runChecks(options)).map(asData) }),
    },
    {
      path: 'status.json',
      about: 'what kdev status says',
      read: async () => {
        const { stopped } = await readStatus();
        return await dataText('json', { sessions, stopped });
      },
    },
    ...(work ? projectParts(work) : []),
    ...logs.flat(),
    ...sessions.map(eventsPart),
  ];
}

function projectParts(work: Work): readonly Part[] {
  const { project, commandLine, environment } = work;
  return [
    {
      path: 'settings.json',
      about: 'what kdev config view says',
      read: async () => {
        const sources = settingsSources(project, commandLine.kdevFlags, environment);
        return await dataText('json', { settings: settingsData(pickSettings(sources)) });
      },
    },
    {
      path: 'project.yaml',
      about: 'the rendered project, values masked',
      read: async () => {
        const { masked } = maskProject(renderNames(work).model, mask);
        return (await import('yaml')).stringify(masked);
      },
    },
  ];
}

interface LoggedProject {
  readonly name: string;
  readonly services: readonly string[];
  readonly session: SessionStatus | undefined;
}

function projectsOf({ work, sessions }: GatheredFrom): readonly LoggedProject[] {
  if (!work) {
    return sessions.map((session) => ({
      name: session.project,
      services: session.services.map(({ service }) => service),
      session,
    }));
  }
  const { name } = work.project;
  const session = sessions.find(({ project }) => project === name);
  return [{ name, services: interceptedServices(work), session }];
}

async function logParts({ name, services, session }: LoggedProject): Promise<readonly Part[]> {
  const sidecars = await sidecarSources(name, services).catch(() => []);
  const sources = [
    sessionSource(name),
    ...sidecars,
    ...(session ? agentSources(session, services) : []),
  ];
  return sources.map((source) => ({
    path: `${[name, ...source.name.split(' ')].map(asFileName).join('-')}.log`,
    about: `log of the ${source.name}`,
    read: () => readLog(source),
  }));
}

async function readLog({ read }: LogSource): Promise<string> {
  const lines: string[] = [];
  const signal = deadline(askMs);
  for await (const line of read({ isFollowed: false, tail: logLines, signal })) lines.push(line);
  return lines.map((line) => `${line}\n`).join('');
}

function eventsPart({ session, project, services }: SessionStatus): Part {
  const [first] = services;
  return {
    path: `${asFileName(project)}-events.txt`,
    about: "the cluster's events about the agents",
    read: async () => {
      if (!first) return '';
      const { context, agentNamespace: namespace } = first.decision;
      const cluster = openCluster({ context, env: process.env });
      try {
        const signal = deadline(askMs);
        const lines = await agentEvents(cluster, { namespace, session }, signal);
        return lines.map((line) => `${line}\n`).join('');
      } finally {
        cluster.close();
      }
    },
  };
}

async function readVersions(): Promise<string> {
  const [docker, compose] = await Promise.all([
    outputOf(['version', '--format', '{{.Client.Version}}, engine {{.Server.Version}}']),
    outputOf(['compose', 'version', '--short']),
  ]);
  const system = { release: release(), cores: cpus().length, memoryBytes: totalmem() };
  return await dataText('json', { ...versions(), docker, compose, system });
}

async function outputOf(args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('docker', args, { timeout: askMs });
    return stdout.trim();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function asFileName(name: string): string {
  return name.replaceAll(/[^\w.-]/g, '_').slice(0, 30);
}
