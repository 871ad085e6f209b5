import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { openCluster } from '../cluster/cluster.ts';
import { listLeftovers, removeLeftovers } from '../cluster/leftovers.ts';
import { connectEngine } from '../docker/engine.ts';
import { removeProject } from '../docker/leftovers.ts';
import { deadline } from '../runtime/deadline.ts';
import type { ProjectFolder } from './runtime-folder.ts';
import { claimState, isClaimed, releaseClaim, type SessionState } from './state-file.ts';

/** What was found of a session that died, and removed. */
export interface Aftermath {
  readonly project: string;
  readonly at: string;
  readonly containers: readonly string[];
  readonly networks: readonly string[];
  /** `namespace/name` of Jobs and Secrets. */
  readonly clusterObjects: readonly string[];
  /** What could not be removed, in words. */
  readonly failures: readonly string[];
}

const graceSeconds = 5;
/** Nobody knows what the dead session's Compose had under way. */
const lateMs = 1_500;
const clusterMs = 15_000;
/** A cleaner that takes longer has died too. */
const cleanerMs = 60_000;

/**
 * Removes what a dead session left, if it left anything, or waits for the one that is at it. What was done is kept in
 * the project's folder until a command has told it.
 */
export async function cleanAfter(folder: ProjectFolder): Promise<void> {
  const state = claimState(folder);
  if (state) {
    const aftermath = await removeAll(state);
    keepAftermath(folder, aftermath);
    rmSync(folder.controlSocket, { force: true });
    releaseClaim(folder);
    return;
  }
  for (let waitedMs = 0; isClaimed(folder); waitedMs += 100) {
    if (waitedMs > cleanerMs) return releaseClaim(folder);
    await delay(100);
  }
}

export function aftermathOf(project: string, removed: Partial<Aftermath>): Aftermath {
  const nothing = { containers: [], networks: [], clusterObjects: [], failures: [] };
  return { project, at: new Date().toISOString(), ...nothing, ...removed };
}

export function keepAftermath(folder: ProjectFolder, aftermath: Aftermath): void {
  try {
    writeFileSync(folder.aftermath, `${JSON.stringify(aftermath)}\n`, { mode: 0o600 });
  } catch {
    // A full disk: it is removed all the same, and not told.
  }
}

/** The aftermath that nobody has told yet; it counts as told then. */
export function takeAftermath(folder: ProjectFolder): Aftermath | undefined {
  const aftermath = readAftermath(folder);
  if (aftermath) rmSync(folder.aftermath, { force: true });
  return aftermath;
}

/** The same, still to be told by the command that goes on from there. */
export function readAftermath({ aftermath }: ProjectFolder): Aftermath | undefined {
  try {
    return JSON.parse(readFileSync(aftermath, 'utf8')) as Aftermath;
  } catch {
    return undefined;
  }
}

async function removeAll(state: SessionState): Promise<Aftermath> {
  const failures: string[] = [];
  const unless = <T>(work: Promise<T>, what: string) =>
    work.catch((error: unknown) => {
      failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    });
  const [docker, ...clusters] = await Promise.all([
    unless(removeContainers(state), 'Docker'),
    ...clustersOf(state).map((one) => unless(removeAgents(state, one), one.context)),
  ]);
  return aftermathOf(state.project, {
    containers: docker?.containers.map(({ name }) => name) ?? [],
    networks: docker?.networks.map(({ name }) => name) ?? [],
    clusterObjects: clusters.flatMap((names) => names ?? []),
    failures,
  });
}

async function removeContainers({ project }: SessionState) {
  return await removeProject(await connectEngine(), { project, graceSeconds, lateMs });
}

type Place = SessionState['places'][number];

/** One place of each cluster. */
function clustersOf({ places }: SessionState): Place[] {
  return places.filter((one, index) => places.findIndex((other) => isSame(one, other)) === index);
}

function isSame(one: Place, other: Place): boolean {
  return one.context === other.context && one.kubeconfig === other.kubeconfig;
}

async function removeAgents({ places, session }: SessionState, where: Place): Promise<string[]> {
  const env = { ...process.env, KUBECONFIG: where.kubeconfig };
  const cluster = openCluster({ context: { value: where.context, from: 'the dead session' }, env });
  try {
    const namespaces = places
      .filter((place) => isSame(place, where))
      .map(({ namespace }) => namespace);
    const signal = deadline(clusterMs);
    const found = await listLeftovers(cluster, { namespaces, session }, signal);
    await removeLeftovers(cluster, found);
    return found.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`);
  } finally {
    cluster.close();
  }
}
