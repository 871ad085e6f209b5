import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type Part, partOf } from './containers.ts';
import type { Engine } from './engine.ts';
import { composeProjectLabel, composeServiceLabel, serviceLabel } from './labels.ts';

/** What happened to one of the project's containers. */
export interface ContainerEvent {
  /** `start`, `die`, `destroy`, … as the engine names it. */
  readonly action: string;
  readonly id: string;
  readonly name: string;
  readonly part: Part;
  readonly service: string;
  readonly exitCode: number | undefined;
}

export interface ContainerWatch {
  readonly onEvent: (event: ContainerEvent) => void;
  /** The engine is listened to: for the first time, or again after events may have been missed. */
  readonly onListening: () => void;
}

const againMs = 1_000;

/** Tells of the containers of a compose project until the signal aborts; listens again where the engine restarts. */
export async function watchContainers(
  engine: Engine,
  project: string,
  { onEvent, onListening }: ContainerWatch,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const events = await engine.docker.getEvents({
        filters: { type: ['container'], label: [`${composeProjectLabel}=${project}`] },
        abortSignal: signal,
      });
      onListening();
      const lines = createInterface({ input: Readable.from(events), crlfDelay: Infinity });
      for await (const line of lines) {
        const event = parseEvent(line);
        if (event) onEvent(event);
      }
    } catch {
      // The engine went away or the signal aborted: what matters is whether to go on.
    }
    if (!signal.aborted) await delay(againMs, undefined, { signal }).catch(() => undefined);
  }
}

export function parseEvent(line: string): ContainerEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { Action, Actor } = (value ?? {}) as { Action?: unknown; Actor?: RawActor };
  const attributes = Actor?.Attributes;
  if (typeof Action !== 'string' || typeof Actor?.ID !== 'string' || !attributes) return undefined;
  const exitCode = attributes['exitCode'];
  return {
    action: Action,
    id: Actor.ID,
    name: attributes['name'] ?? Actor.ID,
    part: partOf(attributes),
    service: attributes[serviceLabel] ?? attributes[composeServiceLabel] ?? '',
    exitCode: exitCode === undefined ? undefined : Number(exitCode),
  };
}

interface RawActor {
  readonly ID?: unknown;
  readonly Attributes?: Readonly<Record<string, string>>;
}
