import { hostname, userInfo } from 'node:os';
import { openCluster } from '../cluster/cluster.ts';
import {
  type Leftover,
  listLeftovers,
  removeLeftovers as removeClusterLeftovers,
} from '../cluster/leftovers.ts';
import { connectEngine, type Engine } from '../docker/engine.ts';
import { sessionLabel } from '../docker/labels.ts';
import { findLeftovers, removeLeftovers } from '../docker/leftovers.ts';
import { isKdevError, kdevError } from '../errors/kdev-error.ts';
import { installedPackage } from '../runtime/installed-package.ts';
import { cleanAfter, takeAftermath } from '../session/aftermath.ts';
import { connectControl } from '../session/control-client.ts';
import { listProjectFolders, runtimeRoot } from '../session/runtime-folder.ts';

const clusterMs = 15_000;

/** `kdev clean`: whatever carries the label of a session of this user that is not alive, here and in the cluster. */
export async function clean(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    throw kdevError('COMMAND_LINE', {
      fact: `kdev clean takes no ${args[0]}`,
      hints: [{ who: 'you', text: 'removes what dead sessions left', command: 'kdev clean' }],
    });
  }
  const root = runtimeRoot(process.env, userInfo().uid);
  const alive = await settleFolders(root);
  const found = [...(await cleanDocker(root, alive)), ...(await cleanCluster(alive))];
  for (const line of found) process.stdout.write(`removed ${line}\n`);
  if (found.length === 0) process.stdout.write('Nothing was left.\n');
  return 0;
}

/** Ends what dead sessions left by their own account of it; returns the sessions that are alive. */
async function settleFolders(root: string): Promise<ReadonlySet<string>> {
  const alive = new Set<string>();
  const { version } = installedPackage();
  for (const folder of listProjectFolders(root)) {
    const client = await connectControl(folder.controlSocket, version);
    if (client) {
      alive.add((await client.call('status', {})).session);
      client.close();
      continue;
    }
    await cleanAfter(folder);
    const aftermath = takeAftermath(folder);
    if (!aftermath) continue;
    const { containers, networks, clusterObjects, failures } = aftermath;
    for (const name of [...containers, ...networks, ...clusterObjects]) {
      process.stdout.write(`removed ${name}\n`);
    }
    for (const failure of failures) process.stderr.write(`could not be removed: ${failure}\n`);
  }
  return alive;
}

async function cleanDocker(root: string, alive: ReadonlySet<string>): Promise<string[]> {
  const engine = await connectEngine();
  const sessions = await sessionsInDocker(engine, root);
  const lines: string[] = [];
  for (const session of sessions) {
    if (alive.has(session)) continue;
    const found = await findLeftovers(engine, { [sessionLabel]: session });
    // Containers that were stopped in order wait for a start: they are no leftovers.
    if (found.containers.length > 0 && !found.containers.some(({ isRunning }) => isRunning))
      continue;
    await removeLeftovers(engine, found);
    lines.push(
      ...found.containers.map(({ name }) => `container ${name}`),
      ...found.volumes.map((name) => `volume ${name}`),
    );
  }
  return lines;
}

/** Those that meet their sidecars below our own folder: whether another user's are alive cannot be told from here. */
async function sessionsInDocker(engine: Engine, root: string): Promise<ReadonlySet<string>> {
  const { containers } = await findLeftovers(engine, { [sessionLabel]: undefined });
  const ours = containers.filter(({ linkFolder }) => linkFolder?.startsWith(`${root}/`));
  return new Set(ours.flatMap(({ session }) => (session ? [session] : [])));
}

/** Of this user on this machine only: colleagues may be at work. */
async function cleanCluster(alive: ReadonlySet<string>): Promise<string[]> {
  let cluster: ReturnType<typeof openCluster>;
  try {
    cluster = openCluster({ env: process.env });
  } catch (error) {
    if (isKdevError(error, 'KUBECONFIG_UNREADABLE')) return [];
    throw error;
  }
  try {
    const owner = `${userInfo().username}@${hostname()}`;
    const choice = { namespaces: [cluster.namespace.value], owner, except: alive };
    const found = await listLeftovers(cluster, choice, AbortSignal.timeout(clusterMs));
    await removeClusterLeftovers(cluster, found);
    return found.map(({ kind, namespace, name }: Leftover) => `${kind} ${namespace}/${name}`);
  } finally {
    cluster.close();
  }
}
