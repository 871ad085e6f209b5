import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api, Query } from './api.ts';
import { ApiRefusal, isRefusal } from './api-failure.ts';
import { LIST_LIMIT, WATCH_RETRY_MS, WATCH_SECONDS, WATCH_SILENCE_MS } from './limits.ts';
import { readLines } from './lines.ts';

/** What every object of the API has, of which a watch needs its identity and version. */
interface Versioned {
  readonly metadata?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface Watched<T> {
  readonly path: string;
  readonly query: Query;
  /** Called with all objects that match now: once at the start, then after each change. */
  readonly onObjects: (objects: readonly T[]) => void;
  /** Called for each object that was deleted, with its last state. */
  readonly onDeleted?: (object: T) => void;
  /** Called when the API server is out of reach, and the watch goes on trying. */
  readonly onTrouble?: (error: unknown) => void;
}

interface List<T> {
  readonly items?: readonly T[];
  readonly metadata?: { readonly resourceVersion?: string };
}

/**
 * Lists, then watches, and goes on after every end of a watch until the signal fires. It ends: with the signal's
 * reason; or with the refusal, where the very first list is refused, or a later one for lack of rights. Credentials that
 * expire are trouble that passes: somebody logs in again.
 */
export async function watchObjects<T extends Versioned>(
  api: Api,
  watched: Watched<T>,
  signal: AbortSignal,
): Promise<never> {
  const objects = new Map<string, T>();
  let version = await list(api, watched, objects, signal);
  let delayMs: number = WATCH_RETRY_MS.first;
  for (;;) {
    try {
      version = await watchOnce(api, { watched, objects, version }, signal);
      delayMs = WATCH_RETRY_MS.first;
    } catch (error) {
      signal.throwIfAborted();
      if (isRefusal(error, 403)) throw error;
      if (!(error instanceof ApiRefusal) || error.status === 401) watched.onTrouble?.(error);
      await pause(delayMs, signal);
      delayMs = Math.min(delayMs * 2, WATCH_RETRY_MS.most);
      version = (await relist(api, watched, objects, signal)) ?? version;
    }
  }
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
}

async function list<T extends Versioned>(
  api: Api,
  { path, query, onObjects, onDeleted }: Watched<T>,
  objects: Map<string, T>,
  signal: AbortSignal,
): Promise<string> {
  const answer = await api.get<List<T>>(path, { ...query, limit: LIST_LIMIT }, signal);
  const before = new Map(objects);
  objects.clear();
  for (const item of answer.items ?? []) {
    objects.set(uidOf(item), item);
    before.delete(uidOf(item));
  }
  for (const gone of before.values()) onDeleted?.(gone);
  onObjects([...objects.values()]);
  return answer.metadata?.resourceVersion ?? '';
}

/** After trouble: the truth anew, or nothing while the API server is out of reach. */
async function relist<T extends Versioned>(
  api: Api,
  watched: Watched<T>,
  objects: Map<string, T>,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await list(api, watched, objects, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (isRefusal(error, 403)) throw error;
    return undefined;
  }
}

interface Position<T> {
  readonly watched: Watched<T>;
  readonly objects: Map<string, T>;
  readonly version: string;
}

/** One watch until the API server ends it; returns where to go on. */
async function watchOnce<T extends Versioned>(
  api: Api,
  position: Position<T>,
  signal: AbortSignal,
): Promise<string> {
  const { watched, objects } = position;
  const query = {
    ...watched.query,
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion: position.version,
    timeoutSeconds: WATCH_SECONDS,
  };
  const response = await api.open({ method: 'GET', path: watched.path, query }, signal);
  endOnSilence(response);
  let version = position.version;
  try {
    for await (const line of readLines(response)) {
      const event = parseEvent<T>(line);
      if (event.type === 'ERROR') throw new Error('the watch is too old');
      version = event.object.metadata?.resourceVersion ?? version;
      apply(event, watched, objects);
    }
  } finally {
    response.destroy();
  }
  return version;
}

/** A connection that died without a word ends here, not never. */
function endOnSilence(response: IncomingMessage): void {
  response.setTimeout(WATCH_SILENCE_MS, () => {
    response.destroy(new Error(`no word for ${WATCH_SILENCE_MS / 1000} s`));
  });
}

interface WatchEvent<T> {
  readonly type: string;
  readonly object: T;
}

function parseEvent<T>(line: string): WatchEvent<T> {
  const event: unknown = JSON.parse(line);
  if (isEvent<T>(event)) return event;
  throw new Error('the watch brought something that is no event');
}

function isEvent<T>(value: unknown): value is WatchEvent<T> {
  if (typeof value !== 'object' || value === null) return false;
  const { type, object } = value as Readonly<Record<string, unknown>>;
  return typeof type === 'string' && typeof object === 'object' && object !== null;
}

function apply<T extends Versioned>(
  { type, object }: WatchEvent<T>,
  { onObjects, onDeleted }: Watched<T>,
  objects: Map<string, T>,
): void {
  if (type === 'BOOKMARK') return;
  if (type === 'DELETED') {
    objects.delete(uidOf(object));
    onDeleted?.(object);
  } else {
    objects.set(uidOf(object), object);
  }
  onObjects([...objects.values()]);
}

function uidOf({ metadata }: Versioned): string {
  return metadata?.uid ?? '';
}
