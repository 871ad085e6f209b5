import type { Cluster } from './cluster.ts';
import type { RawEvent } from './events.ts';
import { LIST_LIMIT } from './limits.ts';
import { eventsPath } from './paths.ts';

/** What the cluster tells of a session's agents, their Jobs and pods, oldest first: a line each. */
export async function agentEvents(
  { api }: Cluster,
  { namespace, session }: { readonly namespace: string; readonly session: string },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const query = { limit: LIST_LIMIT };
  const list = await api.get<{ items?: RawEvent[] }>(eventsPath(namespace), query, signal);
  return (list.items ?? [])
    .filter(({ involvedObject }) => involvedObject?.name?.startsWith(`kdev-agent-${session}`))
    .map(eventLine)
    .sort();
}

function eventLine(event: RawEvent): string {
  const { lastTimestamp, eventTime, type, reason, message, involvedObject } = event;
  const at = String(lastTimestamp ?? eventTime ?? '-');
  const { kind, name } = involvedObject ?? {};
  return [at, type, `${kind}/${name}`, `${reason}: ${message}`].join(' ');
}
