import { type Fingerprint, fingerprint } from '../compose/drift.ts';
import type { RenderedProject } from '../compose/render-project.ts';
import { type RunningCompose, runCompose } from '../compose/run-compose.ts';
import { type Entered, renderEntered } from './enter-cluster.ts';
import type { Story } from './story.ts';
import { tellDrift } from './tell-drift.ts';
import { tellFacts } from './tell-facts.ts';
import { tellDeclaredOverlaps } from './tell-overlaps.ts';
import type { Work } from './work.ts';

export interface Upcoming {
  readonly rendered: RenderedProject;
  readonly brought: Fingerprint;
}

export interface StartUp {
  readonly story: Story;
  /** The services that are to come up. */
  readonly inPlay: ReadonlySet<string>;
}

/** What is to be brought up; tells what the pod gives to the services and what has changed since the last time. */
export function tellUpcoming(work: Work, entered: Entered, { story, inPlay }: StartUp): Upcoming {
  const { rendered, plans } = renderEntered(work, entered);
  tellFacts(entered, { rendered, plans }, story);
  tellDeclaredOverlaps(work, entered, story);
  const brought = fingerprint(rendered, inPlay);
  tellDrift(entered.result.before, brought, story);
  return { rendered, brought };
}

/** Starts `docker compose up` on it. */
export function startUp(
  work: Work,
  { rendered }: Pick<Upcoming, 'rendered'>,
  globalFlags: readonly string[],
): RunningCompose {
  return runCompose({
    project: work.project,
    rendered,
    globalFlags,
    command: 'up',
    args: work.commandLine.rest,
    directory: work.directory,
    environment: { ...work.environment, COMPOSE_MENU: 'false' },
    input: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    signals: 'caller',
  });
}
