import type { AgentPlan } from '../cluster/agent-plan.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { otherSessions, portTaken } from '../cluster/other-sessions.ts';
import type { PlainError } from '../errors/kdev-error.ts';
import type { TakenPort } from '../protocol/messages.ts';
import { ownPlaceOf } from './own-sessions.ts';
import { ownRuntimeRoot } from './runtime-folder.ts';

/** What the cluster is asked about, and how. */
export interface Surroundings {
  readonly cluster: Cluster;
  readonly plan: AgentPlan;
  readonly signal: AbortSignal;
}

/**
 * Says whose session has a port that an agent could not get. Its Job is looked up once for as long as it is the same
 * session: many ask again and again.
 */
export class PortConflict {
  #known: { readonly key: string; readonly error: Promise<PlainError> } | undefined;

  async tell(
    taken: TakenPort | undefined,
    { cluster, plan, signal }: Surroundings,
  ): Promise<PlainError | undefined> {
    if (taken === undefined) {
      this.#known = undefined;
      return undefined;
    }
    const key = `${taken.session} ${taken.port}`;
    if (this.#known?.key !== key) {
      const error = otherSessions(cluster, plan, signal).then((others) => {
        const root = ownRuntimeRoot();
        const placeOf = (session: string) => ownPlaceOf(root, session);
        const other = others.find(({ session }) => session === taken.session);
        return portTaken(plan, { now: new Date(), placeOf, other, taken: [taken.port] }).toPlain();
      });
      this.#known = { key, error };
      error.catch(() => {
        this.#known = undefined;
      });
    }
    return await this.#known?.error.catch(() => undefined);
  }
}
