import type { Engine } from '../docker/engine.ts';
import type { UpRequest } from './control.ts';
import type { ContainerKeeper } from './keep-containers.ts';
import { openLocalLeg } from './local-leg.ts';
import type { ServedOptions } from './served.ts';

export interface OfSession extends Omit<ServedOptions, 'session' | 'openLocal'> {
  readonly id: string;
  readonly engine: Engine;
  readonly containers: Pick<ContainerKeeper, 'sidecarOf'>;
}

/** What a session gives to each service of one `up`, which has its own kubeconfig. */
export function servedOptions(
  { engine, containers, id, key, owner, refused, log, env }: OfSession,
  { kubeconfig }: Pick<UpRequest, 'kubeconfig'>,
): ServedOptions {
  return {
    session: id,
    key,
    owner,
    refused,
    log,
    // Also where it is undefined: the session may have begun with another one.
    env: { ...env, KUBECONFIG: kubeconfig },
    openLocal: (service) => {
      const place = containers.sidecarOf(service);
      const nowMs = () => performance.now();
      return place && openLocalLeg(place, { engine, refused, nowMs });
    },
  };
}
