import { asKdevError, fromPlain, type KdevError, type PlainError } from '../errors/kdev-error.ts';
import type { FailedService } from './control.ts';

/** Services that are as they were before an `up` that failed. */
export type Standing = readonly string[];

export function standingOf(served: ReadonlyMap<string, { readonly isServing: boolean }>): Standing {
  return [...served].flatMap(([service, { isServing }]) => (isServing ? [service] : []));
}

/** The failure of the whole command, with what it leaves as it was. */
export function failedBeside(error: unknown, standing: Standing): KdevError {
  const known = asKdevError(error);
  return standing.length === 0 ? known : fromPlain(withOutcome(known.toPlain(), standing));
}

/** Failures of services, each with whether that one is as it was. */
export function eachBeside(
  failed: readonly FailedService[],
  standing: Standing,
): readonly FailedService[] {
  return failed.map(({ service, error }) =>
    standing.includes(service)
      ? { service, error: withOutcome(error, [service]) }
      : { service, error },
  );
}

/** An agent could not be seen gone: what it gives back, and what goes, without us. */
export function leftInCluster(error: unknown): never {
  const outcome = [
    'An agent that was not reached gives the traffic back by itself, new connections within 3 s, and ends after 40 s;',
    'its Job and Secret go then too, or at once with kdev clean when the cluster answers',
  ].join(' ');
  throw fromPlain({ ...asKdevError(error).toPlain(), outcome });
}

function withOutcome(error: PlainError, standing: Standing): PlainError {
  const [runs, was] = standing.length === 1 ? ['runs', 'it was'] : ['run', 'they were'];
  return { ...error, outcome: `${standing.join(', ')} ${runs} on as ${was}` };
}
