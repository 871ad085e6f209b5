import { asKdevError } from '../errors/kdev-error.ts';
import type { FailedService } from './control.ts';
import { untilFirstFailure } from './until-first-failure.ts';

export interface EachService<T> {
  /** What was done, in the order in which it was asked for. */
  readonly done: readonly T[];
  readonly failed: readonly FailedService[];
}

export interface Tolerance<S> {
  readonly failFast: boolean;
  readonly signal: AbortSignal;
  readonly nameOf: (one: S) => string;
}

/**
 * Does something for each service at once. A failure is that service's own, unless one ends them all: then the first is
 * thrown when all have ended.
 */
export async function eachService<S, T>(
  all: readonly S[],
  work: (one: S, signal: AbortSignal) => Promise<T>,
  { failFast, signal, nameOf }: Tolerance<S>,
): Promise<EachService<T>> {
  const done = new Map<S, T>();
  const errors = new Map<S, unknown>();
  await untilFirstFailure(signal, (either) =>
    all.map(async (one) => {
      try {
        done.set(one, await work(one, either));
      } catch (error) {
        if (failFast || either.aborted) throw error;
        errors.set(one, error);
      }
    }),
  );
  return {
    done: all.flatMap((one) => (done.has(one) ? [done.get(one) as T] : [])),
    failed: [...errors].map(([one, error]) => ({
      service: nameOf(one),
      error: asKdevError(error).toPlain(),
    })),
  };
}
