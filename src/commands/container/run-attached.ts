import { setTimeout as delay } from 'node:timers/promises';
import { composeFailure } from '../../compose/compose-failure.ts';
import { type ContainerEnd, containerEnd } from '../../docker/container-end.ts';
import { isOn } from '../../docker-run/parse-words.ts';
import { catalogue } from '../../errors/catalogue.ts';
import { willText } from '../../screen/standing.ts';
import { decidedServices } from '../decided-service.ts';
import type { Entered } from '../enter-cluster.ts';
import { HeldOutput } from '../held-output.ts';
import { endWith, leaveAll } from '../leave.ts';
import { tellWhatComesIn } from '../up-attached.ts';
import type { Work } from '../work.ts';
import { type AttachedDocker, attachDocker } from './attach-docker.ts';
import type { ReadyContainer, Running } from './make-ready.ts';

/** A program that was told to end may take this long before its container is stopped. */
const patienceMs = 3_000;
const beginMs = 100;

/**
 * In the foreground: the terminal is the program's, and so are the signals. With the program all of it goes, the target's
 * traffic first; but where the terminal was detached from it, it runs on.
 */
export async function runAttached(
  work: Work,
  entered: Entered,
  ready: ReadyContainer & Running,
): Promise<number> {
  const { interrupts } = ready;
  entered.client.call('attach', {}).catch(() => undefined);
  const over = new AbortController();
  tell(work, entered, { ...ready, signal: over.signal });
  const docker = attachDocker(ready.engine, ready);
  await Promise.race([docker.ended, interrupts.first]);
  over.abort();
  if (interrupts.happened) return await leaveInterrupted(docker, entered, ready);
  const end = await containerEnd(ready.engine, ready.id);
  if (end?.isRunning) return await runOn(entered, ready);
  await leaveAll(entered.client, ready);
  refuseFailedStart(end, work);
  return end?.exitCode || (await docker.ended);
}

/** Beside a program's output; a program that has the terminal for itself is left alone. */
function tell(
  { project }: Work,
  entered: Entered,
  { story, asked, engine, id, signal }: ReadyContainer & Running & { readonly signal: AbortSignal },
): void {
  story.end();
  if (asked.hasTerminal) {
    for (const decided of decidedServices(entered.settings, entered.decisions)) {
      story.say(`\n${willText(decided, story.terminal)}`);
    }
    return;
  }
  const output = new HeldOutput();
  output.show('', () => undefined);
  const quiet = { ...story, step: () => undefined };
  hasBegun({ engine, id }, signal)
    .then(() => tellWhatComesIn(entered, { project: project.name, story: quiet, output, signal }))
    // Session or engine are lost: the others know as well.
    .catch(() => undefined);
}

/** Docker is about to start it. */
async function hasBegun(
  { engine, id }: Pick<ReadyContainer, 'engine' | 'id'>,
  signal: AbortSignal,
): Promise<void> {
  while (!(await containerEnd(engine, id))?.isRunning) await delay(beginMs, undefined, { signal });
}

/** The target serves again at once; the program, which has the signal too, may end in its own way. */
async function leaveInterrupted(
  docker: AttachedDocker,
  { client }: Entered,
  ready: ReadyContainer & Running,
): Promise<number> {
  const { story, interrupts, asked } = ready;
  story.block('Stopping (again to force)');
  await client.call('release', {});
  const patience = asked.hasTerminal ? 0 : patienceMs;
  await Promise.race([docker.ended, interrupts.second, delay(patience)]);
  const end = await containerEnd(ready.engine, ready.id);
  await endWith(client, 'remove', ready);
  await docker.ended;
  return end?.isRunning ? interrupts.exitCode : (end?.exitCode ?? interrupts.exitCode);
}

async function runOn(
  { client }: Entered,
  { brought, asked, story }: ReadyContainer & Running,
): Promise<number> {
  await client.call('settle', { brought, endsWithContainers: isOn(asked.given, 'rm') });
  const next = ['kdev status', `docker attach ${asked.containerName}`, `kdev stop ${asked.name}`];
  story.say(`\n${asked.name} runs on.   ${next.join(' · ')}`);
  return 0;
}

/** Docker has said why; some causes have more to say. */
function refuseFailedStart(end: ContainerEnd | undefined, { environment }: Work): void {
  if (!end?.error) return;
  const { exitCode = 1, error } = end;
  const failure = composeFailure({ exitCode, stderr: error, environment });
  if (failure.code !== catalogue.COMPOSE_FAILED.code) throw failure;
}
