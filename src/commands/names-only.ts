import { type RenderedProject, renderProject } from '../compose/render-project.ts';
import { runCompose } from '../compose/run-compose.ts';
import { namesOnlyPlan } from '../compose/service-plan.ts';
import { readTemplates } from '../compose/templates.ts';
import { defaultImage } from '../docker/images.ts';
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
  const compose = runCompose({
    project: work.project,
    rendered,
    globalFlags: globalFlags(work),
    command: work.commandLine.command ?? '',
    args,
    directory: work.directory,
    environment: work.environment,
    input: 'inherit',
    stdout: 'inherit',
    stderr: 'inherit',
    signals: 'terminal',
  });
  const ignore = () => undefined;
  const forward = (signal: NodeJS.Signals) => compose.kill(signal);
  process.on('SIGINT', ignore);
  process.on('SIGTERM', forward);
  process.on('SIGHUP', forward);
  return await compose.ended;
}
