import { composeFailure } from '../compose/compose-failure.ts';
import { type RenderedProject, renderProject } from '../compose/render-project.ts';
import { type ComposeRun, type RunningCompose, runCompose } from '../compose/run-compose.ts';
import { namesOnlyPlan } from '../compose/service-plan.ts';
import { readTemplates } from '../compose/templates.ts';
import { defaultImage } from '../docker/images.ts';
import { followCompose } from './compose-steps.ts';
import type { Story } from './story.ts';
import { globalFlags, type Work, wantedServices } from './work.ts';

/** The project with kdev's parts by name only: enough for whatever neither makes nor changes containers. */
export function renderNames(work: Work): RenderedProject {
  const plans = wantedServices(work).map((service) => namesOnlyPlan(service, defaultImage()));
  return renderProject(work.project, plans, readTemplates());
}

/** Runs the command on it, with the user's terminal. */
export async function runOnNames(work: Work, args: readonly string[]): Promise<number> {
  return await runOnProject(work, renderNames(work), args);
}

export async function runOnProject(
  work: Work,
  rendered: RenderedProject,
  args: readonly string[],
): Promise<number> {
  const how = { stderr: 'inherit', globalFlags: globalFlags(work) } as const;
  return await beginOnProject(work, { rendered, args, ...how }).ended;
}

/** Runs the command on it and tells its progress as the story's own; throws where it fails by itself. */
export async function runTold(work: Work, args: readonly string[], story: Story): Promise<number> {
  const flags = ['--progress=plain', ...globalFlags(work, ['--progress', '--ansi'])];
  const how = { stderr: 'pipe', globalFlags: flags } as const;
  return await tellCompose(
    beginOnProject(work, { rendered: renderNames(work), args, ...how }),
    story,
  );
}

/** Tells its progress as the story's own; throws where it fails by itself. */
export async function tellCompose(compose: RunningCompose, story: Story): Promise<number> {
  const steps = followCompose(compose, story);
  const [exitCode] = await Promise.all([compose.ended, steps.ended]);
  const isInterrupted = exitCode > 128;
  if (exitCode === 0 || isInterrupted) return exitCode;
  throw composeFailure({ exitCode, stderr: steps.lastLines(), environment: process.env });
}

function beginOnProject(
  work: Work,
  how: Pick<ComposeRun, 'rendered' | 'args' | 'stderr' | 'globalFlags'>,
): RunningCompose {
  const compose = runCompose({
    ...how,
    project: work.project,
    command: work.commandLine.command ?? '',
    directory: work.directory,
    environment: work.environment,
    input: 'inherit',
    stdout: 'inherit',
    signals: 'terminal',
  });
  heedTerminal(compose);
  return compose;
}

/** Ctrl-C reaches it from the terminal by itself, and it decides what that means. */
export function heedTerminal(compose: RunningCompose): void {
  const ignore = () => undefined;
  const forward = (signal: NodeJS.Signals) => compose.kill(signal);
  process.on('SIGINT', ignore);
  process.on('SIGTERM', forward);
  process.on('SIGHUP', forward);
}
