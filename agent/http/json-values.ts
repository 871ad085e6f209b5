import type { JsonStep } from '../../src/protocol/json-path.ts';

/** As many values of one body are looked at. */
const VISITS_MAX = 100_000;

/** The values to which a path leads, in no order; fewer where the body has very many. */
export function jsonValues(root: unknown, steps: readonly JsonStep[]): readonly unknown[] {
  let values: unknown[] = [root];
  let visits = 0;
  for (const step of steps) {
    const next: unknown[] = [];
    // What is below is found on the way: the list grows while it is walked.
    const walked = step.kind === 'below' ? next : values;
    if (step.kind === 'below') next.push(...values);
    for (let at = 0; at < walked.length && visits < VISITS_MAX; at++, visits++) {
      for (const member of membersAt(walked[at], step)) next.push(member);
    }
    values = next;
  }
  return values;
}

function membersAt(value: unknown, step: JsonStep): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (step.kind === 'each' || step.kind === 'below') return Object.values(value);
  if (step.kind === 'name') {
    return !Array.isArray(value) && Object.hasOwn(value, step.name)
      ? [(value as Record<string, unknown>)[step.name]]
      : [];
  }
  if (!Array.isArray(value)) return [];
  const item: unknown = value.at(step.index);
  return item === undefined ? [] : [item];
}
