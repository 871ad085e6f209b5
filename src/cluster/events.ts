import type { CoreV1Event } from '@kubernetes/client-node';
import type { Raw } from './api.ts';
import { bounded } from './api-failure.ts';
import type { Cluster } from './cluster.ts';
import { LIST_LIMIT } from './limits.ts';
import { eventsPath } from './paths.ts';

export type RawEvent = Raw<CoreV1Event>;

/** Most events that are told of one object. */
const EVENTS_TOLD = 3;

/** Selects the events about one object. */
export function aboutObject(uid: string): { readonly fieldSelector: string } {
  return { fieldSelector: `involvedObject.uid=${uid}` };
}

export function eventWords({ reason, message }: RawEvent): string {
  return bounded(`${reason ?? 'event'}: ${message ?? ''}`);
}

/** The latest warnings about an object, newest first; none where the user may not see events. */
export async function troublesOf(
  { api }: Cluster,
  namespace: string,
  uid: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const query = { ...aboutObject(uid), limit: LIST_LIMIT };
    const list = await api.get<{ items?: RawEvent[] }>(eventsPath(namespace), query, signal);
    const warnings = (list.items ?? [])
      .filter(({ type }) => type === 'Warning')
      .sort((a, b) => (seenAt(a) < seenAt(b) ? 1 : -1))
      .map(eventWords);
    return [...new Set(warnings)].slice(0, EVENTS_TOLD);
  } catch {
    // Events are a help to an error that is on its way: without them it is told all the same.
    signal.throwIfAborted();
    return [];
  }
}

function seenAt({ lastTimestamp, eventTime, metadata }: RawEvent): string {
  return lastTimestamp ?? eventTime ?? metadata?.creationTimestamp ?? '';
}
