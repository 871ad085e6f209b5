import { writeFileSync } from 'node:fs';
import type { Fingerprint } from '../../compose/drift.ts';
import { sidecarName } from '../../compose/render-sidecar.ts';
import type { RunningCompose } from '../../compose/run-compose.ts';
import { listContainers } from '../../docker/containers.ts';
import { connectEngine, type Engine } from '../../docker/engine.ts';
import { composeProjectLabel } from '../../docker/labels.ts';
import { makeWithOneInput } from '../../docker/make-with-one-input.ts';
import { misused } from '../../docker-run/misused.ts';
import { lastOf } from '../../docker-run/parse-words.ts';
import { catalogue } from '../../errors/catalogue.ts';
import { type KdevError, kdevError } from '../../errors/kdev-error.ts';
import { followCompose } from '../compose-steps.ts';
import type { Around, Entered } from '../enter-cluster.ts';
import { startUp, tellUpcoming } from '../start-up.ts';
import type { Story } from '../story.ts';
import { whyComposeFailed } from '../why-compose-failed.ts';
import { globalFlags, interceptedServices, type Work } from '../work.ts';
import type { AskedRun } from './asked-run.ts';

export interface Running extends Around {
  readonly asked: AskedRun;
}

/** A container that is made, in the network of a sidecar that is up: what remains is to start it. */
export interface ReadyContainer {
  readonly engine: Engine;
  readonly id: string;
  readonly brought: Fingerprint;
}

export async function makeReady(
  work: Work,
  entered: Entered,
  running: Running,
): Promise<ReadyContainer> {
  const { story, asked } = running;
  const flags = ['--progress=plain', ...globalFlags(work)];
  const inPlay = new Set([asked.name]);
  const upcoming = tellUpcoming(work, entered, { story, inPlay });
  const compose = startUp(work, upcoming, flags);
  await follow(work, compose, running);
  const engine = await connectEngine();
  const id = await containerOf(engine, asked);
  const sidecars = interceptedServices(work).map(sidecarName);
  const rest = ['--detach', '--wait', ...sidecars];
  const waiting = { ...work, commandLine: { ...work.commandLine, rest } };
  await follow(work, startUp(waiting, upcoming, flags), running);
  return { engine, id, brought: upcoming.brought };
}

/** Tells what Compose does until it has done it. */
async function follow(
  work: Work,
  compose: RunningCompose,
  { story, interrupts, asked }: Running,
): Promise<void> {
  compose.stdout?.resume();
  const steps = followCompose(compose, withShortNames(story, asked));
  const exitCode = await interrupts.race(compose.ended).catch(async (error: unknown) => {
    compose.kill('SIGKILL');
    await compose.ended;
    throw error;
  });
  await steps.ended;
  if (exitCode !== 0)
    throw asRunsFailure(await whyComposeFailed(work, { exitCode, stderr: steps.lastLines() }));
}

/** Nobody has asked for Compose. */
function asRunsFailure(failure: KdevError): KdevError {
  if (failure.code !== catalogue.COMPOSE_FAILED.code) return failure;
  return kdevError('COMPOSE_FAILED', {
    fact: 'Docker could not make the container as it was asked to',
    ...(failure.evidence === undefined ? {} : { evidence: failure.evidence }),
    hints: [
      { who: 'you', text: 'the same options without kdev may tell more', command: 'docker run' },
    ],
    cause: failure,
  });
}

/** Without the project's name, which nobody has given: `container kdev-net-orders`. */
function withShortNames(story: Story, { project }: AskedRun): Story {
  const long = new RegExp(`^container ${project}-(kdev-.*)-1$`);
  return {
    ...story,
    step: (subject, ...rest) => story.step(subject.replace(long, 'container $1'), ...rest),
  };
}

/** Its id, written where `--cidfile` wants it. */
async function containerOf(engine: Engine, asked: AskedRun): Promise<string> {
  const { project, given, isInteractive, isDetached } = asked;
  const all = await listContainers(engine, { [composeProjectLabel]: project });
  const made = all.find(({ part }) => part === 'user');
  if (!made) throw new Error(`Compose made no container in ${project}`);
  const isTyped = isInteractive && !isDetached;
  const id = isTyped ? await makeWithOneInput(engine, made) : made.id;
  const file = lastOf(given, 'cidfile');
  if (file !== undefined) writeId(file, id);
  return id;
}

function writeId(file: string, id: string): void {
  try {
    writeFileSync(file, id, { flag: 'wx' });
  } catch (error) {
    throw misused(`--cidfile ${file}: ${error instanceof Error ? error.message : error}`);
  }
}
