import type { Engine } from '../docker/engine.ts';
import { kdevError } from '../errors/kdev-error.ts';
import type { ExplainQuestion } from '../protocol/launch.ts';
import { deadline } from '../runtime/deadline.ts';
import { sidecarExplanation, sidecarStatus } from './ask-sidecar.ts';
import type { Explained, IncomingNow, ServiceStatus, SessionStatus } from './control.ts';
import type { SidecarPlace } from './local-leg.ts';
import type { Served } from './served.ts';

/** A cluster that does not answer is told as such by the agent's silence. */
const lookMs = 1_000;

/** What session, agent and sidecar say of each service; who does not answer is left out. */
export async function servicesStatus(
  served: ReadonlyMap<string, Served>,
  containers: { sidecarOf(service: string): SidecarPlace | undefined },
  engine: Engine,
): Promise<readonly ServiceStatus[]> {
  return await Promise.all(
    [...served].map(async ([name, service]) => {
      const place = containers.sidecarOf(name);
      const [status, sidecar] = await Promise.all([
        service.status(),
        place && sidecarStatus(engine, place.containerId).catch(() => undefined),
        // How many pods serve beside the service's: somebody may have scaled it.
        service.lookAgain(deadline(lookMs)).catch(() => undefined),
      ]);
      return { ...status, decision: service.decision, sidecar };
    }),
  );
}

export interface SessionFacts
  extends Pick<SessionStatus, 'version' | 'project' | 'directory' | 'owner' | 'attached'> {
  readonly id: string;
  readonly since: Date;
  readonly served: ReadonlyMap<string, Served>;
  readonly containers: { sidecarOf(service: string): SidecarPlace | undefined };
  readonly engine: Engine;
}

export async function sessionStatus(facts: SessionFacts): Promise<SessionStatus> {
  const { id, version, project, directory, owner, since, attached } = facts;
  return {
    session: id,
    version,
    project,
    directory,
    owner,
    pid: process.pid,
    since: since.toISOString(),
    rssBytes: process.memoryUsage.rss(),
    attached,
    services: await servicesStatus(facts.served, facts.containers, facts.engine),
  };
}

export async function incomingNow(served: readonly Served[]): Promise<readonly IncomingNow[]> {
  return await Promise.all(
    served.map(async (one) => {
      const { service, agent, conflict } = await one.status();
      const { ports = [], udp } = agent?.incoming ?? {};
      const isLinked = agent?.linkUp ?? false;
      return { service, ports, udp: udp?.ports ?? [], isLinked, conflict };
    }),
  );
}

/** What the sidecar of a service says of a question; empty where the service is not up. */
export async function explainedBy(
  served: Served | undefined,
  place: SidecarPlace | undefined,
  { engine, question }: { readonly engine: Engine; readonly question: ExplainQuestion },
): Promise<{ readonly explained?: Explained }> {
  if (!served) return {};
  const { decision, settings } = served;
  if (!place) throw silentSidecar(decision.service, 'no sidecar is running');
  try {
    const explanation = await sidecarExplanation(engine, place.containerId, question);
    return { explained: { decision, origins: settings.origins, explanation } };
  } catch (error) {
    throw silentSidecar(decision.service, error instanceof Error ? error.message : String(error));
  }
}

function silentSidecar(service: string, evidence: string) {
  return kdevError('SIDECAR_UNHEALTHY', {
    fact: `the sidecar of ${service} does not answer`,
    evidence,
    hints: [
      { who: 'you', text: 'may say why', command: `kdev logs ${service} --sidecar` },
      { who: 'you', text: 'starts it anew', command: 'kdev compose up -d' },
    ],
  });
}
