import { Readable } from 'node:stream';
import { openCluster } from '../cluster/cluster.ts';
import { readLines } from '../cluster/lines.ts';
import { openAgentLog } from '../cluster/open-agent-log.ts';
import { openContainerLog } from '../docker/container-log.ts';
import { listContainers } from '../docker/containers.ts';
import { connectEngine } from '../docker/engine.ts';
import { projectLabel } from '../docker/labels.ts';
import { kdevError } from '../errors/kdev-error.ts';
import type { SessionStatus } from '../session/control.ts';
import { folderOf } from '../session/join-session.ts';
import { type HowToReadLog, readSessionLog } from '../session/read-session-log.ts';

/** One log of kdev's. */
export interface LogSource {
  /** `session`, `sidecar orders`, `agent orders`. */
  readonly name: string;
  /** Its lines as they were written. Ends by itself, or with the signal. */
  readonly read: (how: HowToReadLog) => AsyncIterable<string>;
}

export function sessionSource(project: string): LogSource {
  const { log } = folderOf(project);
  return { name: 'session', read: (how) => readLines(Readable.from(readSessionLog(log, how))) };
}

/** Of running and of stopped ones. */
export async function sidecarSources(
  project: string,
  services: readonly string[],
): Promise<readonly LogSource[]> {
  const engine = await connectEngine();
  const containers = await listContainers(engine, { [projectLabel]: project });
  return containers
    .filter(({ part, service }) => part === 'sidecar' && services.includes(service))
    .map(({ id, service }) => ({
      name: `sidecar ${service}`,
      read: (how) => linesOf(() => openContainerLog(engine, id, how), how.signal),
    }));
}

export function agentSources(
  { session, services }: SessionStatus,
  wanted: readonly string[],
): readonly LogSource[] {
  return services
    .filter(({ service }) => wanted.includes(service))
    .map(({ service, decision }) => {
      const { context, agentNamespace: namespace } = decision;
      const read = async function* ({ signal, ...how }: HowToReadLog) {
        const cluster = openCluster({ context, env: process.env });
        try {
          const of = { namespace, session, service };
          const open = async () => {
            return (await openAgentLog(cluster, of, how, signal)) ?? Readable.from([]);
          };
          yield* linesOf(open, signal);
        } finally {
          cluster.close();
        }
      };
      return { name: `agent ${service}`, read };
    });
}

/** An agent goes with its session, and its log with it. */
export function noAgents(project: string) {
  return kdevError('SESSION_ABSENT', {
    fact: `no session runs for project ${project}, so there is no agent whose log could be read`,
    hints: [
      { who: 'you', text: 'tells how the last session ended', command: 'kdev logs --session' },
      { who: 'you', text: 'starts one', command: 'kdev compose up -d' },
    ],
  });
}

async function* linesOf(open: () => Promise<Readable>, signal: AbortSignal) {
  const stream = await open();
  const stop = () => stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    yield* readLines(stream);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  }
}
