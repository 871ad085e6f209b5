import type { V1Job } from '@kubernetes/client-node';
import type { IncomingMode } from '../protocol/launch.ts';
import type { Raw } from './api.ts';
import { ApiRefusal, isRefusal } from './api-failure.ts';
import type { Cluster } from './cluster.ts';
import {
  FILTER,
  MODE,
  OWNER,
  PORTS,
  SERVICE,
  SESSION,
  SINCE,
  TARGET,
  TARGET_UID,
} from './labels.ts';
import { LIST_LIMIT } from './limits.ts';
import { jobsPath } from './paths.ts';

/** What an agent's Job tells about the session that made it. All of it was written by others: nothing is taken as given. */
export interface AgentRecord {
  readonly name: string;
  readonly namespace: string;
  readonly session: string;
  readonly service: string;
  /** `user@host`. */
  readonly owner: string;
  readonly targetUid: string;
  /** `shop/deployment/orders`. */
  readonly target: string;
  readonly mode: IncomingMode;
  /** `all`: every port on which its service listens. */
  readonly ports: readonly number[] | 'all';
  /** Which HTTP requests of them, in words; undefined where all are. */
  readonly filter?: string | undefined;
  readonly since: Date;
  /** Whether its agent has ended; the Job goes by itself then. */
  readonly ended: boolean;
}

type RawJob = Raw<V1Job>;

/**
 * Agents' Jobs that match, in the whole cluster where the user may list it, else in those of the namespaces named that
 * the user may list; where there is none of them, the refusal.
 */
export async function listAgents(
  cluster: Cluster,
  { selector, namespaces }: { readonly selector: string; readonly namespaces: readonly string[] },
  signal: AbortSignal,
): Promise<readonly AgentRecord[]> {
  const query = { labelSelector: selector, limit: LIST_LIMIT };
  const list = async (path: string): Promise<readonly RawJob[] | ApiRefusal> => {
    try {
      return (await cluster.api.get<{ items?: RawJob[] }>(path, query, signal)).items ?? [];
    } catch (error) {
      if (isRefusal(error, 403)) return error;
      throw error;
    }
  };
  const everywhere = await list('/apis/batch/v1/jobs');
  if (!(everywhere instanceof ApiRefusal)) return everywhere.map(agentRecord);
  const places = await Promise.all([...new Set(namespaces)].map((one) => list(jobsPath(one))));
  if (places.every((place) => place instanceof ApiRefusal)) throw places[0] ?? everywhere;
  return places.flatMap((place) => (place instanceof ApiRefusal ? [] : place.map(agentRecord)));
}

export function agentRecord({ metadata, status }: RawJob): AgentRecord {
  const { labels = {}, annotations = {} } = metadata ?? {};
  const finished = (status?.conditions ?? []).some(
    (one) => (one.type === 'Complete' || one.type === 'Failed') && one.status === 'True',
  );
  return {
    name: metadata?.name ?? '',
    namespace: metadata?.namespace ?? '',
    session: labels[SESSION] ?? '',
    service: annotations[SERVICE] ?? '',
    owner: annotations[OWNER] ?? 'somebody',
    targetUid: labels[TARGET_UID] ?? '',
    target: annotations[TARGET] ?? '',
    mode: modeOf(annotations[MODE]),
    ports: portsOf(annotations[PORTS]),
    filter: annotations[FILTER],
    since: dateOf(annotations[SINCE] ?? metadata?.creationTimestamp),
    ended: finished || metadata?.deletionTimestamp !== undefined,
  };
}

function modeOf(text: string | undefined): IncomingMode {
  return text === 'steal' || text === 'mirror' ? text : 'off';
}

function portsOf(text: string | undefined): AgentRecord['ports'] {
  if (text === 'all') return text;
  return (text ?? '')
    .split(',')
    .map(Number)
    .filter((port) => Number.isInteger(port) && port > 0 && port < 65_536);
}

function dateOf(text: string | undefined): Date {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? new Date(0) : date;
}
