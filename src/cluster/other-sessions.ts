import { type Hint, type KdevError, kdevError } from '../errors/kdev-error.ts';
import { type AgentRecord, listAgents } from './agent-objects.ts';
import type { AgentPlan } from './agent-plan.ts';
import type { Cluster } from './cluster.ts';
import { madeByKdev, TARGET_UID } from './labels.ts';

/** The agents of other sessions on the same pod. */
export async function otherSessions(
  cluster: Cluster,
  plan: AgentPlan,
  signal: AbortSignal,
): Promise<readonly AgentRecord[]> {
  const selector = `${madeByKdev()},${TARGET_UID}=${plan.target.podUid}`;
  const namespaces = [plan.namespace, plan.target.namespace];
  const agents = await listAgents(cluster, { selector, namespaces }, signal);
  return agents.filter(({ session, ended }) => session !== plan.session && !ended);
}

/** A session of this user's on this machine. */
export interface OwnPlace {
  readonly project: string;
  readonly directory: string;
  /** The name of its container, where it is of `kdev run`. */
  readonly run: string | undefined;
}

export interface Around {
  readonly now: Date;
  /** undefined for sessions of others. */
  readonly placeOf: (session: string) => OwnPlace | undefined;
}

/** Two sessions share a port where both have a filter; a whole port is of one. Mirrors disturb nobody. */
export function refuseTakenPorts(
  plan: AgentPlan,
  others: readonly AgentRecord[],
  around: Around,
): KdevError | undefined {
  const { mode, ports, filter } = plan.incoming;
  // Which ports every one of a service's are shows as it listens: the agents know.
  if (mode !== 'steal' || ports === 'all') return undefined;
  for (const other of others) {
    if (other.mode !== 'steal' || other.ports === 'all') continue;
    if (filter && other.filter !== undefined) continue;
    const taken = other.ports.filter((port) => ports.includes(port));
    if (taken.length > 0) return portTaken(plan, { ...around, other, taken });
  }
  return undefined;
}

/** Reads and refuses in one step, before the agent is made. */
export async function checkTakenPorts(
  cluster: Cluster,
  plan: AgentPlan,
  {
    signal,
    placeOf = () => undefined,
  }: { readonly signal: AbortSignal } & Partial<Pick<Around, 'placeOf'>>,
): Promise<void> {
  const others = await otherSessions(cluster, plan, signal);
  const refusal = refuseTakenPorts(plan, others, { now: new Date(), placeOf });
  if (refusal) throw refusal;
}

export interface Taken extends Around {
  /** undefined where its Job is gone by now, or is not for this user to see. */
  readonly other: AgentRecord | undefined;
  readonly taken: readonly number[];
}

export function portTaken(plan: AgentPlan, { other, taken, now, placeOf }: Taken): KdevError {
  const ports = taken.map((port) => `:${port}`).join(' ');
  if (!other) return portTakenByUnknown(plan, ports);
  const { owner, session, namespace, name, since, service, filter } = other;
  const own = placeOf(session);
  return kdevError('TARGET_PORT_TAKEN', {
    fact: `${owner} already steals ${ports} of ${plan.target.name}${filter === undefined ? '' : ` with ${filter}`}, for ${ageWords(since, now)} now`,
    evidence: `Job ${name} in namespace ${namespace}, session ${session}, service ${service}`,
    hints: own ? ownHints(own) : othersHints(other),
  });
}

function portTakenByUnknown({ target }: AgentPlan, ports: string): KdevError {
  return kdevError('TARGET_PORT_TAKEN', {
    fact: `another session already steals ${ports} of ${target.name}`,
    evidence: 'none of the agents on this pod that you may list is its agent',
    hints: [{ who: 'you', text: 'may tell whose it is', command: 'kdev ls' }],
  });
}

function ownHints({ project, directory, run }: OwnPlace): readonly [Hint, ...Hint[]] {
  const look: Hint = { who: 'you', text: 'or look on with incoming: mirror' };
  if (run !== undefined) {
    const text = 'that container of kdev run is your own: gives the port back';
    return [{ who: 'you', text, command: `kdev stop ${run}` }, look];
  }
  const where = `that session is your own, of project ${project}: gives the port back`;
  const folder = /[^\w/.-]/.test(directory) ? `'${directory}'` : directory;
  const command = `cd ${folder} && kdev compose -p ${project} down`;
  return [{ who: 'you', text: where, command }, look];
}

function othersHints({ owner, filter }: AgentRecord): readonly [Hint, ...Hint[]] {
  const share: Hint = { who: 'you', text: 'or share it, each with a filter: incoming.filter' };
  return [
    { who: 'you', text: `ask ${owner} to release it, or look on with incoming: mirror` },
    ...(filter === undefined ? [] : [share]),
    {
      who: 'you',
      text: 'if that session is yours and dead, removes what it left',
      command: 'kdev clean',
    },
  ];
}

/** `12 min`, `3 h`, `2 days`. */
export function ageWords(since: Date, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - since.getTime()) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}
