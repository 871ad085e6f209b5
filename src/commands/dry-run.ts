import { scaleFlags } from '../compose/command-line.ts';
import { leftOut } from '../compose/left-out.ts';
import { madeByUp } from '../compose/made-by-up.ts';
import { refuseServices } from '../compose/refuse-services.ts';
import { renderProject } from '../compose/render-project.ts';
import { namesOnlyPlan, type ServicePlan } from '../compose/service-plan.ts';
import { readTemplates } from '../compose/templates.ts';
import type { ServiceSettings } from '../config/settings.ts';
import { checkPorts } from '../docker/check-ports.ts';
import { connectEngine } from '../docker/engine.ts';
import { fromPlain } from '../errors/kdev-error.ts';
import { deadline } from '../runtime/deadline.ts';
import { thisUser } from '../runtime/this-user.ts';
import { decidedText } from '../screen/story.ts';
import { tableText } from '../screen/table.ts';
import type { Decision } from '../session/control.ts';
import { decide } from '../session/decide.ts';
import { eachService } from '../session/each-service.ts';
import { folderOf } from '../session/join-session.ts';
import { planFiles, volumeNames } from '../session/plan-files.ts';
import { readState } from '../session/state-file.ts';
import { decidedService } from './decided-service.ts';
import { throwFailures } from './go-on-without.ts';
import { sayOpening } from './lead.ts';
import { runOnNames } from './names-only.ts';
import { portsToPublish } from './ports-to-publish.ts';
import { resultTerminal } from './results.ts';
import { scaleAsUp } from './scale.ts';
import { startedServices } from './started-services.ts';
import type { Story } from './story.ts';
import { whatIsThere } from './what-is-there.ts';
import {
  absentServices,
  interceptedServices,
  settingsOf,
  type Work,
  wantedServices,
} from './work.ts';

const clusterMs = 30_000;

/**
 * `--dry-run` of a command that starts services: what it would make, in the cluster and here. The cluster is asked all that
 * `up` asks it, the agent's admission too; nothing is made, no session is started.
 */
export async function dryRun(given: Work, story: Story): Promise<number> {
  const work = (given.commandLine.command === 'scale' && scaleAsUp(given)) || given;
  const absent = absentServices(work);
  const inPlay = [...startedServices(work)].filter((service) => !absent.has(service));
  const services = wantedServices(work).filter((service) => inPlay.includes(service));
  if (services.length === 0) return await runOnNames(work, work.commandLine.rest);
  refuseServices(work.project, services, scaleFlags(work.commandLine));
  const settings = settingsOf(work, services);
  sayOpening(work, story, { inCluster: services.length, local: inPlay.length - services.length });
  const { decisions, failures } = await decideAll(work, settings);
  for (const decision of decisions) {
    const own = settings.find(({ service }) => service === decision.service);
    if (own) story.say(`${decidedText(decidedService(own, decision), story.terminal)}\n`);
  }
  const failed = failures.map(({ service }) => service);
  const waiting = leftOut(work.project.model, inPlay, failed);
  for (const { service, error } of failures)
    story.say(`${service} would not come up: ${error.fact}`);
  for (const [service, on] of waiting)
    story.say(`${service} would not come up: it depends on ${on}`);
  const coming = inPlay.filter((service) => !failed.includes(service) && !waiting.has(service));
  const rows = await rowsOf(work, { settings, decisions, coming });
  story.end();
  process.stdout.write(
    `${tableText(['where', 'kind', 'name', 'state', 'what'], rows, resultTerminal())}\n`,
  );
  story.say('A dry run: nothing was made, here or in the cluster.');
  throwFailures({ failures });
  return 0;
}

async function decideAll(work: Work, settings: readonly ServiceSettings[]) {
  const { project, environment, commandLine } = work;
  const session = readState(folderOf(project.name).state)?.session ?? 'dry-run';
  const owner = thisUser().owner;
  await checkPorts(await connectEngine(), project.name, portsToPublish(work));
  const signal = deadline(clusterMs);
  const { done, failed } = await eachService(
    settings,
    async (one, either) => {
      const found = await decide(one, { session, owner, env: environment }, either);
      found.cluster.close();
      return found.decision;
    },
    { failFast: commandLine.failFast, signal, nameOf: ({ service }) => service },
  );
  const failures = failed.map(({ service, error }) => ({ service, error: fromPlain(error) }));
  return { decisions: done, failures };
}

interface Deciding {
  readonly settings: readonly ServiceSettings[];
  readonly decisions: readonly Decision[];
  /** The services that would come up. */
  readonly coming: readonly string[];
}

type Row = readonly [where: string, kind: string, name: string, state: string, what: string];

async function rowsOf(work: Work, { settings, decisions, coming }: Deciding): Promise<Row[]> {
  const { project, commandLine } = work;
  const plans = decisions
    .filter(({ service }) => coming.includes(service))
    .map((decision) => planOf(work, settings, decision));
  const planned = plans.map(({ service }) => service);
  const others = interceptedServices(work).filter((service) => !planned.includes(service));
  const { model } = renderProject(
    project,
    [...plans, ...others.map((service) => namesOnlyPlan(service, ''))],
    readTemplates(),
  );
  const made = madeByUp({
    model,
    separator: project.separator,
    services: coming,
    intercepted: planned,
    scales: scaleFlags(commandLine),
  });
  const served = readState(folderOf(project.name).state)?.places ?? [];
  const isServed = (service: string) => served.some((one) => one.service === service);
  const isThere = await whatIsThere(project.name, made);
  return [
    ...decisions
      .filter(({ service }) => planned.includes(service))
      .flatMap((decision) => clusterRows(decision, isServed(decision.service))),
    [
      'here',
      'session',
      folderOf(project.name).path,
      stateWord(served.length > 0),
      'a process that outlives the command',
    ],
    ...made.map((one): Row => ['Docker', one.kind, one.name, stateWord(isThere(one)), one.what]),
  ];
}

function stateWord(isThere: boolean): string {
  return isThere ? 'there' : 'new';
}

function clusterRows(decision: Decision, isServed: boolean): readonly Row[] {
  const { service, context, agentNamespace, target, image } = decision;
  const where = `${context.value}, ${agentNamespace}`;
  const state = stateWord(isServed);
  const name = `kdev-agent-…-${service}`;
  return [
    [where, 'Job', name, state, `the agent of ${service}: a pod on ${target.node}, image ${image}`],
    [where, 'Secret', name, state, 'the key of its tunnel; goes with the Job'],
  ];
}

function planOf(
  { project }: Work,
  settings: readonly ServiceSettings[],
  { service, image, target }: Decision,
): ServicePlan {
  const own = settings.find((one) => one.service === service);
  const { mounts: shown = 'off', read = [] } = own?.files ?? {};
  const sockets = own?.outgoing.unix ?? [];
  const mounts = planFiles({ mounts: target.mounts, shown, read, sockets });
  const { materialised, mounted } = volumeNames(mounts, { project: project.name, service });
  return {
    ...namesOnlyPlan(service, image),
    hostname: target.hostname,
    files: {
      mounts,
      ...(materialised === undefined ? {} : { materialised }),
      ...(mounted === undefined ? {} : { mounted: { volume: mounted, mountpoint: '/' } }),
    },
  };
}
