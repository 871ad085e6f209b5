import { type ContainerFact, listContainers } from '../docker/containers.ts';
import { connectEngine } from '../docker/engine.ts';
import { composeProjectLabel, runLabel } from '../docker/labels.ts';
import { kdevError } from '../errors/kdev-error.ts';
import { didYouMean } from '../errors/nearest-name.ts';
import { findSession } from '../session/join-session.ts';

/** A container of `kdev run`, running or not. */
export interface Run {
  /** By which it is named on the command line. */
  readonly name: string;
  readonly project: string;
  readonly container: ContainerFact;
}

export async function listRuns(): Promise<readonly Run[]> {
  const containers = await listContainers(await connectEngine(), { [runLabel]: undefined });
  return containers.map((container) => {
    return { name: container.service, project: container.project, container };
  });
}

/** Two of one name would be told apart by nobody. */
export async function refuseTakenName({
  name,
  project,
}: Pick<Run, 'name' | 'project'>): Promise<void> {
  const labels = { [composeProjectLabel]: project };
  const [session, containers] = await Promise.all([
    findSession(project),
    connectEngine().then((engine) => listContainers(engine, labels)),
  ]);
  session?.close();
  if (!session && containers.length === 0) return;
  throw kdevError('RUN_NAME_TAKEN', {
    fact: `there is a container of kdev run called ${name} already`,
    evidence: containers
      .filter(({ part }) => part === 'user')
      .map((one) => `${one.name}: ${one.status}`)
      .join('\n'),
    hints: [
      { who: 'you', text: 'ends it', command: `kdev stop ${name}` },
      { who: 'you', text: 'gives this one another name', command: 'kdev run --name NAME' },
    ],
  });
}

/** The one of this name; without a name the only one. */
export async function findRun(name: string | undefined, command: 'exec' | 'stop'): Promise<Run> {
  const runs = await listRuns();
  const found = runs.filter((run) => name === undefined || run.name === name);
  const [run] = found;
  if (run && found.length === 1) return run;
  const names = runs.map((one) => one.name);
  throw kdevError('RUN_UNKNOWN', {
    fact: factOf(name, names),
    ...(names.length > 0 ? { evidence: `there are: ${names.sort().join(', ')}` } : {}),
    hints: [
      { who: 'you', text: 'is for services of a compose file', command: `kdev compose ${command}` },
      {
        who: 'you',
        text: 'starts a container',
        command: 'kdev run --target deployment/NAME IMAGE',
      },
    ],
  });
}

function factOf(name: string | undefined, names: readonly string[]): string {
  if (name !== undefined) {
    return `there is no container of kdev run called ${name}${didYouMean(name, names)}`;
  }
  if (names.length > 0) return 'there are several containers of kdev run: name one';
  return 'there is no container of kdev run';
}
