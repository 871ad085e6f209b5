import { delimiter, resolve } from 'node:path';
import { scaleFlags } from '../compose/command-line.ts';
import { refuseServices } from '../compose/refuse-services.ts';
import type { RenderedProject } from '../compose/render-project.ts';
import type { ServicePlan } from '../compose/service-plan.ts';
import type { ServiceSettings } from '../config/settings.ts';
import { fromPlain, type KdevError } from '../errors/kdev-error.ts';
import { decidedText } from '../screen/story.ts';
import type { Decision, SessionEvent, UpRequest, UpResult } from '../session/control.ts';
import type { ControlClient } from '../session/control-client.ts';
import { joinSession } from '../session/join-session.ts';
import { askForUp } from './ask-for-up.ts';
import { decidedService } from './decided-service.ts';
import type { Interrupts } from './interrupts.ts';
import { settleAftermath, tellAftermath } from './lead.ts';
import { formerWithParts, removeParts } from './leave-former.ts';
import { renderWork } from './plan-services.ts';
import { portsToPublish } from './ports-to-publish.ts';
import type { Story } from './story.ts';
import { settingsOf, type Work, wantedServices } from './work.ts';

/** The cluster's side is up: agents answer, and the project can be rendered. */
export interface Entered {
  readonly client: ControlClient;
  /** The session began with this command, and ends with it where it fails. */
  readonly isNew: boolean;
  readonly settings: readonly ServiceSettings[];
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly result: UpResult;
  /** Services that are not among the settings any more: they could not be brought into the cluster. */
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly service: string;
  readonly error: KdevError;
}

export interface Around {
  readonly story: Story;
  readonly interrupts: Interrupts;
}

/** Commands after which no service is in the cluster that is not to be. */
const leaving = new Set(['up', 'create']);
/** Commands that go on with the services that could be brought into the cluster. */
const tolerant = new Set(['up', 'start']);

/** Everything before containers: what a person may have got wrong first, then the session, then the cluster. */
export async function enterCluster(
  work: Work,
  services: readonly string[],
  around: Around,
): Promise<Entered> {
  const { story } = around;
  const { project, kdev, commandLine } = work;
  refuseServices(project, services, scaleFlags(commandLine));
  const settings = settingsOf(work, services);
  for (const warning of project.warnings) story.say(`Compose warns: ${warning}`);
  const columns = Math.max(...services.map((service) => service.length), 8);
  const decisions = new Map<string, Decision>();
  const onEvent = (event: SessionEvent) => {
    if (event.kind === 'step') story.step(event.subject, event.words, event.state);
    if (event.kind !== 'decided') return;
    const { decision } = event;
    decisions.set(decision.service, decision);
    const own = settings.find(({ service }) => service === decision.service);
    if (!own) return;
    const decided = decidedService(own, decision);
    story.say(`${decidedText(decided, story.terminal, columns)}\n`, {
      kind: 'decided',
      ...decided,
    });
  };
  const join = async () => {
    await settleAftermath(project.name, story);
    const joined = await joinSession({ project: project.name, kdev });
    tellAftermath(project.name, story);
    return joined;
  };
  const former = leaving.has(commandLine.command ?? '') ? formerWithParts(work) : [];
  const request = { ...requestOf(work, settings, services), former };
  const { result, ...joined } = await askForUp({ join, request, onEvent, around });
  await removeParts(project.name, former);
  const failures = result.failed.map(({ service, error }) => ({
    service,
    error: fromPlain(error),
  }));
  const isUp = ({ service }: ServiceSettings) => !failures.some((one) => one.service === service);
  return { ...joined, settings: settings.filter(isUp), decisions, result, failures };
}

export function renderEntered(
  work: Work,
  { settings, result }: Entered,
): { rendered: RenderedProject; plans: readonly ServicePlan[] } {
  return renderWork(work, settings, result);
}

function requestOf(
  work: Work,
  settings: readonly ServiceSettings[],
  services: readonly string[],
): Omit<UpRequest, 'former'> {
  const { project, environment, commandLine } = work;
  const active = wantedServices(work).filter((service) => project.active.includes(service));
  return {
    project: project.name,
    directory: project.directory,
    files: project.files,
    kubeconfig: absoluteFiles(environment['KUBECONFIG']),
    imageBase: environment['KDEV_IMAGE_BASE'],
    publishes: portsToPublish(work),
    services: settings,
    failFast: commandLine.failFast || !tolerant.has(commandLine.command ?? ''),
    isWhole: active.every((service) => services.includes(service)),
  };
}

/** The session works in another directory. */
function absoluteFiles(list: string | undefined): string | undefined {
  const files = list?.split(delimiter).map((file) => (file === '' ? file : resolve(file)));
  return files?.join(delimiter);
}
