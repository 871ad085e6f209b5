import { isDeepStrictEqual } from 'node:util';
import { readKubeconfig } from '../cluster/kubeconfig.ts';
import type { ServiceSettings } from '../config/settings.ts';
import type { Decision, UpRequest } from './control.ts';
import { chosenBy } from './decide.ts';

/** What it takes of a service to know whether it may stay as it is. */
export interface Standing {
  readonly settings: ServiceSettings;
  readonly decision: Pick<Decision, 'context' | 'namespace' | 'server'>;
  /** Its target has its traffic back. */
  readonly isReleased: boolean;
}

export interface Changes<S extends Standing> {
  readonly kept: readonly S[];
  /** Those to be decided: new, or with other settings, or in another cluster now. */
  readonly anew: readonly ServiceSettings[];
  /** Those that are not wanted any more. */
  readonly over: readonly S[];
}

/** What an `up` means for the services of a session. `env` is where its kubeconfig is found. */
export function whatChanges<S extends Standing>(
  served: ReadonlyMap<string, S>,
  { services, isWhole, former }: Pick<UpRequest, 'services' | 'isWhole' | 'former'>,
  env: Readonly<Record<string, string | undefined>>,
): Changes<S> {
  const kept = services.flatMap((settings) => {
    const one = served.get(settings.service);
    return one && isSame(one, settings) && isSameCluster(one, env) ? [one] : [];
  });
  const isKept = (service: string) => kept.some(({ settings }) => settings.service === service);
  const isOver = (service: string) =>
    former.includes(service) || (isWhole && !services.some((one) => one.service === service));
  return {
    kept,
    anew: services.filter(({ service }) => !isKept(service)),
    over: [...served.values()].filter(({ settings }) => isOver(settings.service)),
  };
}

function isSame(one: Standing, settings: ServiceSettings): boolean {
  return !one.isReleased && isDeepStrictEqual(one.settings, settings);
}

/** The same settings lead elsewhere where the kubeconfig is another one; why it cannot be read, deciding tells. */
function isSameCluster({ settings, decision }: Standing, env: Parameters<typeof whatChanges>[2]) {
  try {
    const { context, namespace, server } = readKubeconfig({ ...chosenBy(settings), env });
    return (
      context.value === decision.context.value &&
      namespace.value === decision.namespace.value &&
      server === decision.server
    );
  } catch {
    return false;
  }
}
