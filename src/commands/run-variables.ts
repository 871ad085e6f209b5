import { listVariables, type ServiceVariable } from '../compose/list-variables.ts';
import { mergeEnvironment } from '../compose/merge-environment.ts';
import { escapeDollars, type Model } from '../compose/model.ts';
import type { LeaveOutRule } from '../compose/service-plan.ts';
import { containerEnvironment } from '../docker/container-environment.ts';
import { connectEngine } from '../docker/engine.ts';
import type { HeldEnvironment } from '../session/control.ts';
import { ruleWords } from './fact-words.ts';
import type { Run } from './runs.ts';

/**
 * What a container of `kdev run` got. Nobody has written its project down: what neither the pod nor the image gives so is of
 * its own options.
 */
export async function variablesOfRun({ name, container }: Run, held: HeldEnvironment | undefined) {
  const environment = await containerEnvironment(await connectEngine(), container);
  return listRunVariables(name, environment, held);
}

export function listRunVariables(
  name: string,
  environment: ReadonlyMap<string, string>,
  held: HeldEnvironment | undefined,
) {
  const pod = Buffer.from(held?.environment ?? '', 'base64');
  const rules = held?.rules ?? { include: [], exclude: [], override: {}, unset: [] };
  const { values } = mergeEnvironment({ pod, compose: new Set(), rules });
  const changed = new Set(held?.changed);
  // Of a pod that is not known nothing can be told from the container's own.
  const own = [...environment].filter(
    ([key, value]) => held && values.get(key) !== value && !changed.has(key),
  );
  const compose = new Set(own.map(([key]) => key));
  const model: Model = {
    services: {
      [name]: {
        environment: Object.fromEntries(own.map(([key, value]) => [key, escapeDollars(value)])),
      },
    },
  };
  const sources = { pod, compose, rules, ruleWords: (rule: LeaveOutRule) => ruleWords(rule, {}) };
  const { variables, leftOut } = listVariables(model, name, sources);
  return {
    found: {
      variables: variables.map((one): ServiceVariable => {
        return one.from === 'compose' ? { ...one, from: 'options' } : one;
      }),
      leftOut,
    },
    gap: held
      ? undefined
      : `${name} does not run: its variables are told of a container that does.`,
    changed: [...changed].filter((key) => !compose.has(key)),
  };
}
