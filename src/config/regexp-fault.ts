import { createRequire } from 'node:module';
import type * as Re2 from 're2js';
import { LIMITS } from '../protocol/limits.ts';

/** Loaded only where there is an expression: it is larger than all of the rest of x-kdev's schema. */
const require = createRequire(import.meta.url);

/** Why the agent would refuse a regular expression; undefined where it takes it. */
export function regexpFault(source: string): string | undefined {
  const { RE2JS } = require('re2js') as typeof Re2;
  try {
    return RE2JS.compile(source).programSize() > LIMITS.filterRegexpSteps
      ? `an expression of at most ${LIMITS.filterRegexpSteps} steps, repetitions written out`
      : undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `a regular expression of RE2 (${why.replace(/^error parsing regexp: /, '')})`;
  }
}
