import type { Engine } from '../docker/engine.ts';
import type { Brought } from './brought.ts';
import type { ControlHandlers } from './control-server.ts';
import type { SidecarPlace } from './local-leg.ts';
import type { Served } from './served.ts';
import { explainedBy, incomingNow } from './services-status.ts';

export interface AskedOf {
  readonly id: string;
  readonly served: ReadonlyMap<string, Served>;
  readonly containers: { sidecarOf(service: string): SidecarPlace | undefined };
  readonly brought: Pick<Brought, 'all'>;
  readonly engine: Engine;
}

/** What may be asked of a session's services; none of it changes anything. */
export function answerQuestions({
  id: session,
  served,
  containers,
  brought,
  engine,
}: AskedOf): Pick<ControlHandlers, 'facts' | 'incoming' | 'environment' | 'explain'> {
  return {
    facts: () => {
      const services = [...served.values()].flatMap(({ facts }) => facts ?? []);
      return Promise.resolve({ session, services, brought: brought.all });
    },
    incoming: async () => ({ services: await incomingNow([...served.values()]) }),
    environment: async ({ service }, { gone }) => {
      const held = await served.get(service)?.environment(gone);
      return held ? { held } : {};
    },
    explain: ({ service, question }) =>
      explainedBy(served.get(service), containers.sidecarOf(service), { engine, question }),
  };
}
