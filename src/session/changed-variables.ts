import type { Target } from '../cluster/target.ts';
import { type EnvironmentSources, mergeEnvironment } from '../compose/merge-environment.ts';
import type { ServiceFacts } from './control.ts';

export interface PodVariables {
  /** The pod's environment as the kernel holds it. */
  readonly environment: Buffer;
  readonly target: Pick<Target, 'pod' | 'hostname' | 'podAddress' | 'podUid' | 'node'>;
}

/** The pod that a service was brought up with. */
export function podOf({ decision, environment }: ServiceFacts): PodVariables {
  return { environment: Buffer.from(environment, 'base64'), target: decision.target };
}

/**
 * Names of the variables that the service would get otherwise from the pod as it is now than from the one that it was
 * brought up with. What only says which pod it is does not count.
 */
export function changedVariables(
  former: PodVariables,
  now: PodVariables,
  rules: EnvironmentSources['rules'],
): readonly string[] {
  const [before, after] = [former, now].map((pod) => valuesOf(pod, rules));
  const names = new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])]);
  return [...names].filter((name) => before?.get(name) !== after?.get(name)).sort();
}

function valuesOf({ environment, target }: PodVariables, rules: EnvironmentSources['rules']) {
  const { values } = mergeEnvironment({ pod: environment, compose: new Set(), rules });
  const own = [target.pod, target.hostname, target.podAddress, target.podUid, target.node];
  const anyPod = (value: string) =>
    own.reduce((text, word) => (word === '' ? text : text.replaceAll(word, '\0')), value);
  return new Map([...values].map(([name, value]) => [name, anyPod(value)]));
}

export function changedWords(names: readonly string[]): string {
  return `changed in the pod since the last up: ${listed(names)}. kdev compose up -d takes them.`;
}

/** What an up has made of it: the word before would not be true any more. */
export function takenWords(names: readonly string[]): string {
  return `up took what had changed in the pod: ${listed(names)}`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
