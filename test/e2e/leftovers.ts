import { readdirSync, readFileSync } from 'node:fs';
import { run } from '../run/shell.ts';
import { eventually } from './eventually.ts';

export interface Searched {
  readonly project: string;
  /** Namespace of the cluster. */
  readonly namespace: string;
  readonly kubectl: (...args: string[]) => Promise<string>;
  /** Only the agents of this service, where other projects of the namespace are up. */
  readonly service?: string | undefined;
  /** Runtime directory of the scenario: what kdev started has it in its environment. */
  readonly runtimeFolder: string;
}

/** Everything of the project's and of kdev's that exists in Docker, in the namespace, or as a process or a mount here. */
export async function leftovers(searched: Searched): Promise<string[]> {
  const [docker, cluster] = await Promise.all([inDocker(searched.project), inCluster(searched)]);
  return [
    ...docker,
    ...cluster,
    ...processes(searched.runtimeFolder).map(({ pid, words }) => `process ${pid}: ${words}`),
    ...mounts(searched.namespace),
  ];
}

/** Waits until nothing is left beyond `known`. */
export async function nothingLeft(
  searched: Searched,
  deadlineMs: number,
  known: readonly string[] = [],
): Promise<void> {
  await eventually('nothing is left', { deadlineMs, everyMs: 250 }, async () => {
    const left = (await leftovers(searched)).filter((line) => !known.includes(line));
    if (left.length > 0) throw new Error(`left:\n  ${left.join('\n  ')}`);
  });
}

/** Containers, networks and volumes of the project, whoever labelled them. */
export async function inDocker(project: string): Promise<string[]> {
  const kinds = {
    container: ['ps', '--all', '--format', '{{.Names}} ({{.Status}})'],
    network: ['network', 'ls', '--format', '{{.Name}}'],
    volume: ['volume', 'ls', '--format', '{{.Name}}'],
  };
  const labels = ['com.docker.compose.project', 'kdev.dev/project'];
  const found = await Promise.all(
    Object.entries(kinds).flatMap(([kind, command]) =>
      labels.map(async (label) => {
        const lines = await run('docker', [...command, '--filter', `label=${label}=${project}`]);
        return lines.split('\n').flatMap((line) => (line === '' ? [] : [`${kind} ${line}`]));
      }),
    ),
  );
  return [...new Set(found.flat())];
}

/** What kdev made in the namespace, pods that are on their way out included. */
export async function inCluster({ kubectl, namespace, service }: Searched): Promise<string[]> {
  const kdevs = ['-l', 'app.kubernetes.io/managed-by=kdev', '-o', 'name'];
  const lines = await kubectl('-n', namespace, 'get', 'jobs,secrets,pods', ...kdevs);
  return lines
    .split('\n')
    .filter((line) => line !== '' && (service === undefined || line.includes(`-${service}-`)));
}

export interface Process {
  readonly pid: number;
  readonly words: string;
}

/** Processes of this machine that were started with the runtime directory in their environment. */
export function processes(runtimeFolder: string): Process[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const environment = readFileSync(`/proc/${entry}/environ`, 'latin1').split('\0');
      if (!environment.includes(`XDG_RUNTIME_DIR=${runtimeFolder}`)) return [];
      const words = readFileSync(`/proc/${entry}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
      // A process that has ended and is not waited for yet has no command line.
      return words === '' ? [] : [{ pid: Number(entry), words }];
    } catch {
      return []; // It has ended meanwhile.
    }
  });
}

function mounts(namespace: string): string[] {
  return readFileSync('/proc/self/mounts', 'latin1')
    .split('\n')
    .filter((line) => line.includes(`kdev:${namespace}/`))
    .map((line) => `mount ${line}`);
}
