import { RE2JS } from 're2js';
import { errnoError } from '../../src/protocol/errno.ts';
import { LIMITS } from '../../src/protocol/limits.ts';
import { regexpOf } from '../../src/protocol/traffic-filter.ts';

/** Longer values match nothing: the requests of the target's users wait while one is looked at. */
const VALUE_MAX_CHARACTERS = 8192;

export type Matches = (value: string) => boolean;

/**
 * A pattern as a function. Both kinds run in RE2, in time linear to the value, whatever the expression: the agent judges foreign requests,
 * and one that is made for it must not hold up the others. EINVAL where the expression is none of RE2's, or too large.
 */
export function compilePattern(pattern: string): Matches {
  const regexp = regexpOf(pattern);
  if (regexp === undefined && !/[*?]/.test(pattern)) return (value) => value === pattern;
  const compiled = compile(regexp ?? globSource(pattern));
  return (value) => value.length <= VALUE_MAX_CHARACTERS && compiled.test(value);
}

function compile(source: string): RE2JS {
  try {
    const compiled = RE2JS.compile(source);
    if (compiled.programSize() <= LIMITS.filterRegexpSteps) return compiled;
  } catch (cause) {
    throw errnoError('EINVAL', `${source}: ${cause instanceof Error ? cause.message : 'no RE2'}`);
  }
  throw errnoError('EINVAL', `${source}: more than ${LIMITS.filterRegexpSteps} steps`);
}

function globSource(glob: string): string {
  const parts = glob.split(/(\*+|\?)/).map((part) => {
    if (part.startsWith('*')) return '.*';
    return part === '?' ? '.' : RE2JS.quote(part);
  });
  return `(?s)^${parts.join('')}$`;
}
