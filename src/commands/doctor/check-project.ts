import { findComposeFiles } from '../../compose/compose-files.ts';
import { publishedPorts } from '../../compose/published-ports.ts';
import { refuseServices } from '../../compose/refuse-services.ts';
import type { ServiceSettings } from '../../config/settings.ts';
import { checkPorts } from '../../docker/check-ports.ts';
import type { Engine } from '../../docker/engine.ts';
import { portWords } from '../../protocol/port-words.ts';
import { deadline } from '../../runtime/deadline.ts';
import { thisUser } from '../../runtime/this-user.ts';
import type { SessionStatus } from '../../session/control.ts';
import { decide } from '../../session/decide.ts';
import { askStatus } from '../ask-status.ts';
import {
  type ClusterOptions,
  openProject,
  type ProjectOptions,
  projectCommandLine,
} from '../open-project.ts';
import { interceptedServices, settingsOf, type Work } from '../work.ts';
import { type Check, check, type Finding } from './check.ts';

const deadlineMs = 20_000;

export interface ReadForChecks {
  readonly checks: readonly Check[];
  readonly work?: Work;
  readonly settings: readonly ServiceSettings[];
}

/** The compose file and its x-kdev, without cluster or engine. */
export async function readForChecks(
  options: ProjectOptions & ClusterOptions,
): Promise<ReadForChecks> {
  const around = { directory: process.cwd(), environment: process.env };
  const { files } = findComposeFiles(projectCommandLine(options), around);
  let work: Work | undefined;
  let settings: readonly ServiceSettings[] = [];
  const file = await check('project', 'compose file', async () => {
    if (files.length === 0) return { skipped: 'there is none here' };
    work = await openProject(options);
    const { name, active } = work.project;
    const services = active.length === 1 ? '1 service' : `${active.length} services`;
    return `project ${name}, ${services}, of ${files.join(', ')}`;
  });
  if (!work) return { checks: [file], settings };
  const read = work;
  const xKdev = await check('project', 'x-kdev', () => {
    const services = interceptedServices(read);
    if (services.length === 0) return noneIntercepted;
    settings = settingsOf(read, services);
    refuseServices(read.project, services, new Map());
    return `of ${services.join(', ')}`;
  });
  return { checks: [file, xKdev], work, settings };
}

const noneIntercepted: Finding = {
  warning: 'no service has it: kdev compose is docker compose here',
  hints: [{ who: 'you', text: 'gives a service its pod', command: 'kdev init' }],
};

export interface ProjectToCheck {
  readonly work: Work;
  readonly settings: readonly ServiceSettings[];
  readonly engine: Engine | undefined;
  /** Whether every cluster that is needed answers. */
  readonly isClusterUp: boolean;
}

/** What up would meet: its ports, each service's target and agent, and the session that runs. */
export async function checkProject(project: ProjectToCheck): Promise<readonly Check[]> {
  const { work, settings, engine } = project;
  const session = await askStatus(work.project.name);
  return await Promise.all([
    check('project', 'published ports', async () => {
      if (!engine) return { skipped: 'needs the engine' };
      const ports = publishedPorts(work.project.model, work.project.active);
      await checkPorts(engine, work.project.name, ports);
      return ports.length === 0 ? 'none' : ports.map(({ port }) => port).join(', ');
    }),
    ...settings.map((one) =>
      check('project', `target of ${one.service}`, () => lookAtTarget(one, session, project)),
    ),
    check('project', 'session', () => lookAtSession(session)),
  ]);
}

/** All that up asks of the cluster before it creates anything. */
async function lookAtTarget(
  settings: ServiceSettings,
  session: SessionStatus | undefined,
  { work, isClusterUp }: ProjectToCheck,
): Promise<Finding> {
  if (!isClusterUp) return { skipped: 'needs the cluster' };
  const { cluster, decision } = await decide(
    settings,
    {
      // What the project's own session holds is not in its way.
      session: session?.session ?? 'doctor',
      owner: thisUser().owner,
      env: work.environment,
    },
    deadline(deadlineMs),
  );
  cluster.close();
  const { target, ports, every, agentNamespace, warnings } = decision;
  if (warnings.length > 0) return { warning: warnings.join('; '), hints: [] };
  const named = ports.map((pair) => portWords(pair.target, pair)).join(' ') || 'nothing';
  const which = every ? 'every port' : named;
  return `${target.name}, pod ${target.pod}: ${settings.incoming.mode} ${which}; ${agentNamespace} admits the agent`;
}

function lookAtSession(session: SessionStatus | undefined): Finding {
  if (!session) return 'none runs';
  const troubled = session.services.flatMap(({ service, state, pipe, sidecar }) => {
    if (!pipe.up) return [`${service}: ${pipe.why}`];
    if (state !== 'serving') return [`${service} is ${state}`];
    return sidecar
      ? sidecar.missing.map((what) => `${service}: ${what}`)
      : [`${service}: no sidecar`];
  });
  if (troubled.length === 0) return `${session.session}: every service has its way to the pod`;
  return {
    warning: troubled.join('; '),
    hints: [{ who: 'you', text: 'may say why', command: 'kdev logs' }],
  };
}
