import type { Engine } from '../docker/engine.ts';
import type { IncomingNow, ServiceStatus } from './control.ts';
import type { SidecarPlace } from './local-leg.ts';
import type { Served } from './served.ts';
import { sidecarStatus } from './sidecar-status.ts';

/** What session, agent and sidecar say of each service; who does not answer is left out. */
export async function servicesStatus(
  served: ReadonlyMap<string, Served>,
  containers: { sidecarOf(service: string): SidecarPlace | undefined },
  engine: Engine,
): Promise<readonly ServiceStatus[]> {
  return await Promise.all(
    [...served].map(async ([name, service]) => {
      const place = containers.sidecarOf(name);
      const [own, sidecar] = await Promise.all([
        service.status(),
        place && sidecarStatus(engine, place.containerId).catch(() => undefined),
      ]);
      return { ...own, sidecar };
    }),
  );
}

export async function incomingNow(served: readonly Served[]): Promise<readonly IncomingNow[]> {
  return await Promise.all(
    served.map(async (one) => {
      const { service, agent } = await one.status();
      const { ports = [] } = agent?.incoming ?? {};
      return { service, ports, isLinked: agent?.linkUp ?? false };
    }),
  );
}
