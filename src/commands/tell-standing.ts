import type { ContainerFact } from '../docker/containers.ts';
import { deadline } from '../runtime/deadline.ts';
import { closingText, isComplete, type Standing } from '../screen/standing.ts';
import type { DecidedService } from '../screen/story.ts';
import type { ControlClient } from '../session/control-client.ts';
import { awaitIncoming } from './await-incoming.ts';
import { decidedServices } from './decided-service.ts';
import type { Around, Entered } from './enter-cluster.ts';
import { endedContainers, keyOf } from './stopped-services.ts';
import type { Story } from './story.ts';
import { tellOverlaps } from './tell-overlaps.ts';
import type { Work } from './work.ts';

/** How long a program may take to listen before it is told that it does not yet. */
const patienceMs = 3_000;
const everyMs = 100;

/** Of a command whose services run on: what they are by now. Who interrupts does not want to wait for it. */
export async function tellUp(
  work: Pick<Work, 'project'>,
  entered: Entered,
  { story, interrupts, next }: Around & { readonly next?: readonly string[] },
): Promise<number> {
  const { client, settings, decisions } = entered;
  const { project } = work;
  const soon = new AbortController();
  interrupts.first.then(
    () => soon.abort(),
    () => undefined,
  );
  const decided = decidedServices(settings, decisions);
  const patience = { client, project: project.name, story, soon: soon.signal };
  const logs = `kdev compose logs -f ${decided[0]?.service ?? ''}`;
  const standing = await awaitStanding(decided, patience);
  await tellOverlaps(work, entered, story);
  sayStanding(standing, next ?? ['kdev status', logs, 'kdev compose down'], story);
  return interrupts.happened ? interrupts.exitCode : 0;
}

export interface Patience {
  readonly client: Pick<ControlClient, 'call'>;
  readonly project: string;
  readonly story: Pick<Story, 'step'>;
  /** Nobody wants to wait any longer. */
  readonly soon: AbortSignal;
}

/** The containers are started: what each service is as soon as that is what was asked for, and in a while at the latest. */
export async function awaitStanding(
  decided: readonly DecidedService[],
  { client, project, story, soon }: Patience,
): Promise<readonly Standing[]> {
  const signal = deadline(patienceMs, soon);
  const standing = await awaitIncoming(decided, { client, story, everyMs, signal });
  if (standing.every(isComplete)) return standing;
  const ended = await endedOf(project);
  return standing.map((one) => ({ ...one, ended: ended.get(keyOf({ project, ...one })) }));
}

export function sayStanding(
  standing: readonly Standing[],
  next: readonly string[],
  story: Story,
): void {
  story.end();
  story.say(`\n${closingText(standing, next, story.terminal)}`, {
    kind: 'standing',
    services: standing,
  });
}

/** Why a service does not listen: its container may have ended. */
async function endedOf(project: string): Promise<ReadonlyMap<string, string>> {
  const { connectEngine } = await import('../docker/engine.ts');
  const { listContainers } = await import('../docker/containers.ts');
  const { composeProjectLabel } = await import('../docker/labels.ts');
  let containers: readonly ContainerFact[] = [];
  try {
    containers = await listContainers(await connectEngine(), { [composeProjectLabel]: project });
  } catch {
    // Then it is only told that it does not listen.
  }
  return endedContainers(containers);
}
