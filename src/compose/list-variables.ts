import { type EnvironmentSources, mergeEnvironment } from './merge-environment.ts';
import { type Model, mapAt, serviceAt, unescapeDollars } from './model.ts';
import type { LeaveOutRule } from './service-plan.ts';

/** A variable of a service, and which source its value is from. The value is a secret. */
export interface ServiceVariable {
  readonly name: string;
  readonly value: string;
  readonly from: 'pod' | 'compose' | 'options' | 'override';
}

export interface ServiceVariables {
  readonly variables: readonly ServiceVariable[];
  /** Names that the service does not get from the pod, or not at all, each with why. */
  readonly leftOut: readonly { readonly name: string; readonly why: string }[];
}

/** All that the service gets beside its image's own, by the same merge that renders the project. */
export function listVariables(
  project: Model,
  service: string,
  { ruleWords, ...sources }: EnvironmentSources & { ruleWords: (rule: LeaveOutRule) => string },
): ServiceVariables {
  const merged = mergeEnvironment(sources);
  const { override } = sources.rules;
  const unset = new Set(merged.unset);
  const environment = mapAt(serviceAt(project, service), 'environment');
  const added = [...merged.values].map(([name, value]): ServiceVariable => {
    return { name, value, from: Object.hasOwn(override, name) ? 'override' : 'pod' };
  });
  const own = [...sources.compose]
    .filter((name) => !unset.has(name) && !merged.values.has(name))
    .map((name): ServiceVariable => {
      return { name, value: String(unescapeDollars(environment[name])), from: 'compose' };
    });
  // What another source gives a value to is no gap.
  const given = new Set([...added, ...own].map(({ name }) => name));
  const leftOut = [
    ...merged.leftOut.map(({ name, rule }) => ({ name, why: ruleWords(rule) })),
    ...merged.refused,
    ...merged.unset.map((name) => ({ name, why: ruleWords('unset') })),
  ].filter(({ name }, index, all) => {
    return !given.has(name) && all.findIndex((other) => other.name === name) === index;
  });
  return { variables: [...added, ...own].sort(byName), leftOut: leftOut.sort(byName) };
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
}
