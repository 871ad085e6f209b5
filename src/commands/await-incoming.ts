import { setTimeout as delay } from 'node:timers/promises';
import type { PlainError } from '../errors/kdev-error.ts';
import { portWords } from '../protocol/port-words.ts';
import { isComplete, missingPorts, type Standing } from '../screen/standing.ts';
import { takesEveryPort } from '../screen/story.ts';
import type { IncomingNow } from '../session/control.ts';
import type { ControlClient } from '../session/control-client.ts';
import type { Story } from './story.ts';

/** What was asked for. */
export type Wanted = Omit<Standing, 'incoming' | 'incomingUdp' | 'isLinked' | 'ended' | 'conflict'>;

export interface Watching {
  readonly client: Pick<ControlClient, 'call'>;
  readonly story: Pick<Story, 'step'>;
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/** Waits until all that was asked for comes in to these services; then, or when the signal aborts, tells what does. */
export async function awaitIncoming(
  wanted: readonly Wanted[],
  { client, story, everyMs, signal }: Watching,
): Promise<readonly Standing[]> {
  const waiting = new Set<string>();
  // What had not to be waited for needs no line.
  const tell = (one: Standing) => {
    if (!isComplete(one)) waiting.add(one.service);
    if (waiting.has(one.service)) tellStep(one, story);
  };
  for (;;) {
    const { services } = await client.call('incoming', {});
    const standing = wanted.map((one) => standingOf(one, services));
    if (signal.aborted) return standing;
    standing.forEach(tell);
    if (standing.every(isComplete)) return standing;
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

function standingOf(wanted: Wanted, all: readonly IncomingNow[]): Standing {
  const now = all.find(({ service }) => service === wanted.service);
  return {
    ...wanted,
    incoming: now?.ports ?? [],
    incomingUdp: now?.udp ?? [],
    isLinked: now?.isLinked ?? false,
    ...(now?.conflict ? { conflict: conflictWords(now.conflict) } : {}),
  };
}

/** With what to do: it stays so until somebody acts. */
function conflictWords({ code, fact, hints }: PlainError): string {
  const [hint] = hints;
  return `${fact} (${code}; ${[hint?.text, hint?.command].filter(Boolean).join(': ')})`;
}

function tellStep(standing: Standing, story: Pick<Story, 'step'>): void {
  const isDone = isComplete(standing);
  story.step(
    `service ${standing.service}`,
    stepWords(standing, isDone),
    isDone ? 'done' : 'working',
  );
}

function stepWords(standing: Standing, isDone: boolean): string {
  const { mode, isLinked } = standing;
  if (isDone) return mode === 'off' ? 'linked' : 'listens';
  if (!isLinked) return 'to be linked';
  if (standing.conflict !== undefined) return 'to get a port that another session has';
  if (takesEveryPort(standing)) return 'to listen on a port';
  const missing = missingPorts(standing);
  return `to listen on ${missing.map((port) => portWords(port.service, port)).join(' ')}`;
}
