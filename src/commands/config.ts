import { writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { takeFlag } from '../compose/command-line.ts';
import { commentYaml } from '../compose/comment-yaml.ts';
import { explainRewrites } from '../compose/explain-rewrites.ts';
import { type Model, mapAt, without } from '../compose/model.ts';
import { refuseServices } from '../compose/refuse-services.ts';
import { holderName } from '../compose/render-holder.ts';
import type { RenderedProject } from '../compose/render-project.ts';
import { sidecarName } from '../compose/render-sidecar.ts';
import { runCompose } from '../compose/run-compose.ts';
import { namesOnlyPlan, type ServicePlan } from '../compose/service-plan.ts';
import type { ControlApi } from '../session/control.ts';
import { findSession } from '../session/join-session.ts';
import { renderNames, runOnProject } from './names-only.ts';
import { renderWork } from './plan-services.ts';
import type { Story } from './story.ts';
import { globalFlags, settingsOf, type Work, wantedServices } from './work.ts';

/** What is printed then is no project. */
const otherForms =
  /^(-q|--quiet|--(services|volumes|images|profiles|hash|environment|variables|networks|models|lock-image-digests)(=.*)?)$/;

/**
 * `kdev compose config`: the project as Compose gets it, with a comment at each place that is not the user's. With a
 * session all of it, of the pod's variables their names only; without one what can be known without the cluster.
 */
export async function config(work: Work, story: Story): Promise<number> {
  const { project, commandLine } = work;
  if (commandLine.rest.some((word) => otherForms.test(word))) {
    return await runOnProject(work, renderNames(work), commandLine.rest);
  }
  // What could not be brought up is no project to hand on either.
  const wanted = wantedServices(work).filter((service) => project.active.includes(service));
  refuseServices(project, wanted, new Map());
  const session = await findSession(project.name);
  if (session) {
    const known = await session.call('facts', {}).finally(() => session.close());
    if (known.services.length > 0) return await printKnown(work, known);
  }
  story.say('No session runs: the pod’s variables and files are not in it (kdev compose up -d).');
  const plans = wantedServices(work).map((service) => namesOnlyPlan(service, ''));
  return await print(work, { rendered: renderNames(work), plans }, commandLine.rest);
}

/** Of the services that are up, what they were brought up with; nothing is changed for it. */
async function printKnown(work: Work, known: Known): Promise<number> {
  const { active } = work.project;
  const names = known.services.map(({ decision }) => decision.service);
  const services = wantedServices(work).filter(
    (service) => active.includes(service) && names.includes(service),
  );
  const { rendered, plans } = renderWork(work, settingsOf(work, services), {
    ...known,
    failed: [],
  });
  const shown = { ...rendered, model: withoutInactive(work, rendered.model), values: new Map() };
  return await print(work, { rendered: shown, plans }, [
    '--no-interpolate',
    ...work.commandLine.rest,
  ]);
}

type Known = ControlApi['facts']['result'];

interface Printed {
  readonly rendered: RenderedProject;
  readonly plans: readonly ServicePlan[];
}

/** Compose writes it, kdev its comments; JSON has none. */
async function print(
  work: Work,
  { rendered, plans }: Printed,
  args: readonly string[],
): Promise<number> {
  const form = takeFlag('--format', { command: 'config', rest: args }).value ?? 'yaml';
  if (form !== 'yaml') return await runOnProject(work, rendered, args);
  const long = takeFlag('--output', { command: 'config', rest: args });
  const short = takeFlag('-o', { command: 'config', rest: long.rest });
  const compose = runCompose({
    project: work.project,
    rendered,
    globalFlags: globalFlags(work),
    command: 'config',
    args: short.rest,
    directory: work.directory,
    environment: work.environment,
    input: 'inherit',
    stdout: 'pipe',
    stderr: 'inherit',
    signals: 'terminal',
  });
  const [printed, exitCode] = await Promise.all([
    compose.stdout ? text(compose.stdout) : '',
    compose.ended,
  ]);
  if (exitCode !== 0) return exitCode;
  const commented = commentYaml(printed, commentsOn(work, { rendered, plans }));
  const file = short.value ?? long.value;
  if (file === undefined) process.stdout.write(commented);
  else await writeFile(file, commented);
  return 0;
}

function commentsOn(work: Work, { rendered, plans }: Printed) {
  const settings = settingsOf(
    work,
    plans.map(({ service }) => service),
  );
  const of = (service: string) => settings.find((one) => one.service === service);
  return explainRewrites({
    before: work.project.model,
    after: rendered.model,
    plans,
    reasonOf: (service) => {
      const { target, origins } = of(service) ?? {};
      return `stands for ${target?.kind}/${target?.name} (${origins?.target.words})`;
    },
    overridesOf: (service) => new Set(Object.keys(of(service)?.env.override ?? {})),
  });
}

/** Compose itself leaves them out, but not where variables stay what they are called. */
function withoutInactive({ project }: Work, model: Model): Model {
  const all = Object.keys(mapAt(project.model, 'services'));
  const inactive = all.filter((service) => !project.active.includes(service));
  const parts = inactive.flatMap((service) => [holderName(service), sidecarName(service)]);
  return { ...model, services: without(mapAt(model, 'services'), [...inactive, ...parts]) };
}
