import type { Readable } from 'node:stream';
import type { Cluster } from './cluster.ts';
import { madeByKdev, SERVICE } from './labels.ts';
import { LIST_LIMIT } from './limits.ts';
import { podPath, podsPath } from './paths.ts';
import type { RawPod } from './pod-container.ts';

/** Whose agent. */
export interface AgentOf {
  readonly namespace: string;
  readonly session: string;
  readonly service: string;
}

/** The log of a service's agent, the newest where there are several; undefined where there is none. */
export async function openAgentLog(
  cluster: Cluster,
  { namespace, session, service }: AgentOf,
  { isFollowed, tail }: { readonly isFollowed: boolean; readonly tail: number | undefined },
  signal: AbortSignal,
): Promise<Readable | undefined> {
  const query = { labelSelector: madeByKdev(session), limit: LIST_LIMIT };
  const list = await cluster.api.get<{ items?: RawPod[] }>(podsPath(namespace), query, signal);
  const createdAt = ({ metadata }: RawPod) => String(metadata?.creationTimestamp ?? '');
  const name = (list.items ?? [])
    .filter(({ metadata }) => metadata?.annotations?.[SERVICE] === service)
    .sort((a, b) => (createdAt(a) < createdAt(b) ? 1 : -1))[0]?.metadata?.name;
  if (name === undefined) return undefined;
  return await cluster.api.open(
    {
      method: 'GET',
      path: `${podPath(namespace, name)}/log`,
      query: { container: 'agent', follow: isFollowed, tailLines: tail },
      accept: '*/*',
    },
    signal,
  );
}
