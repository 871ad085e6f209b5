import { dirname } from 'node:path';
import { listAgents } from '../cluster/agent-objects.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { madeByKdev } from '../cluster/labels.ts';
import { listLeftovers, removeLeftovers as removeClusterLeftovers } from '../cluster/leftovers.ts';
import { connectEngine } from '../docker/engine.ts';
import { sessionLabel } from '../docker/labels.ts';
import { findLeftovers, type Leftovers, removeLeftovers } from '../docker/leftovers.ts';
import { isKdevError } from '../errors/kdev-error.ts';
import { deadline } from '../runtime/deadline.ts';
import { installedPackage } from '../runtime/installed-package.ts';
import { thisUser } from '../runtime/this-user.ts';
import { cleanAfter, takeAftermath } from '../session/aftermath.ts';
import { connectControl } from '../session/control-client.ts';
import {
  listProjectFolders,
  ownRuntimeRoot,
  type ProjectFolder,
} from '../session/runtime-folder.ts';
import { removeFolder } from '../session/tidy-folder.ts';
import { chooseCluster } from './choose-cluster.ts';
import type { Around } from './command.ts';
import { parseCommand } from './command-form.ts';
import { cleanForm } from './forms/clean-form.ts';
import { aftermathWords } from './lead.ts';
import type { ClusterOptions } from './open-project.ts';
import { printRows, type WordsFormat } from './results.ts';
import { openStory } from './story.ts';

const clusterMs = 15_000;

/**
 * `kdev clean`: removes what dead sessions of this user left, here and in the cluster. What may belong to somebody else,
 * or to a session of another login, is not touched: an agent whose session is dead leaves by itself within a minute.
 */
export async function clean(args: readonly string[], around: Around): Promise<number> {
  const asked = parseCommand<ClusterOptions & { readonly output: WordsFormat }>(cleanForm, args);
  if (!asked) return 0;
  const { output } = asked.options;
  const root = ownRuntimeRoot();
  const settled = await settleFolders(root);
  const docker = await cleanDocker(root, settled.alive);
  for (const folder of settled.dead) {
    if (!docker.kept.has(folder.path)) removeFolder(root, folder);
  }
  const inCluster = await cleanCluster(docker.dead, asked.options);
  const removed = [...settled.removed, ...docker.removed, ...inCluster];
  const { failures } = settled;
  if (output !== 'text') {
    const rows = [
      ...removed.map((what) => ['removed', what]),
      ...failures.map((what) => ['failed', what]),
    ];
    const data = { removed, failures };
    await printRows(output, { headings: ['result', 'what'], rows, data });
    return 0;
  }
  for (const words of settled.told) openStory(around).say(words);
  const { found, complaints } = cleanWords({ removed, failures });
  process.stdout.write(found);
  if (complaints !== '') openStory(around).say(complaints.trimEnd());
  return 0;
}

/** What was removed and what could not be, a line each; that nothing was left only where neither was. */
export function cleanWords({ removed, failures }: Cleaned) {
  const lines = (what: string, names: readonly string[]) =>
    names.map((name) => `${what} ${name}\n`).join('');
  const isNothing = removed.length + failures.length === 0;
  return {
    found: isNothing ? 'Nothing was left.\n' : lines('removed', removed),
    complaints: lines('could not be removed:', failures),
  };
}

interface Cleaned {
  readonly removed: readonly string[];
  readonly failures: readonly string[];
}

/**
 * Ends what dead sessions left by their own account of it; tells the sessions that are alive. What their watchdogs had
 * removed already, this command has not: it is only `told`.
 */
async function settleFolders(root: string) {
  const alive = new Set<string>();
  const dead: ProjectFolder[] = [];
  const removed: string[] = [];
  const failed: string[] = [];
  const told: string[] = [];
  const { version } = installedPackage();
  for (const folder of listProjectFolders(root)) {
    const client = await connectControl(folder.controlSocket, version);
    if (client) {
      alive.add((await client.call('status', {})).session);
      client.close();
      continue;
    }
    const earlier = takeAftermath(folder);
    if (earlier) told.push(aftermathWords(earlier));
    await cleanAfter(folder);
    dead.push(folder);
    const {
      containers = [],
      networks = [],
      clusterObjects = [],
      failures = [],
    } = takeAftermath(folder) ?? {};
    removed.push(...containers, ...networks, ...clusterObjects);
    failed.push(...failures);
  }
  return { alive, dead, removed, failures: failed, told };
}

/** Containers of sessions that had their folder here and are dead, and volumes that nothing of a session uses. */
async function cleanDocker(root: string, alive: ReadonlySet<string>) {
  const engine = await connectEngine();
  const all = await findLeftovers(engine, { [sessionLabel]: undefined });
  const dead = new Set<string>();
  const removed: string[] = [];
  for (const session of sessionsFrom(root, all)) {
    if (alive.has(session)) continue;
    const found = await findLeftovers(engine, { [sessionLabel]: session });
    // Containers that were stopped in order wait for a start: they are no leftovers.
    if (!found.containers.some(({ isRunning }) => isRunning)) continue;
    await removeLeftovers(engine, found);
    dead.add(session);
    removed.push(
      ...found.containers.map(({ name }) => name),
      ...found.volumes.map((name) => `volume ${name}`),
    );
  }
  return { dead, removed, kept: foldersOf(all, dead) };
}

/** The projects' folders that containers need which stay. */
function foldersOf(all: Leftovers, dead: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(
    all.containers.flatMap(({ session, linkFolder }) =>
      session && linkFolder && !dead.has(session) ? [dirname(linkFolder)] : [],
    ),
  );
}

/** The sessions whose folders are, or were, below this root. */
function sessionsFrom(root: string, { containers }: Leftovers): ReadonlySet<string> {
  return new Set(
    containers.flatMap(({ session, linkFolder }) =>
      session && linkFolder && dirname(dirname(linkFolder)) === root ? [session] : [],
    ),
  );
}

async function cleanCluster(dead: ReadonlySet<string>, options: ClusterOptions): Promise<string[]> {
  const cluster = await openClusterIfAny(options);
  if (!cluster) return [];
  try {
    const signal = deadline(clusterMs);
    const namespaces = [cluster.namespace.value];
    const owner = thisUser().owner;
    const [agents, objects] = await Promise.all([
      listAgents(cluster, { selector: madeByKdev(), namespaces }, signal),
      listLeftovers(cluster, { namespaces, owner }, signal),
    ]);
    const ended = new Set(agents.flatMap((agent) => (agent.ended ? [agent.name] : [])));
    const found = objects.filter(({ name, session }) => dead.has(session) || ended.has(name));
    await removeClusterLeftovers(cluster, found);
    return found.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`);
  } finally {
    cluster.close();
  }
}

async function openClusterIfAny(options: ClusterOptions): Promise<Cluster | undefined> {
  try {
    return await chooseCluster(options, process.env);
  } catch (error) {
    if (isKdevError(error, 'KUBECONFIG_UNREADABLE')) return undefined;
    throw error;
  }
}
