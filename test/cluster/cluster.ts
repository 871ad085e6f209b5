import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { imageId } from '../fixtures/build-image.ts';
import { cacheFolder } from '../run/cache-folder.ts';
import { CommandError, outputOf, run } from '../run/shell.ts';
import { step } from '../run/steps.ts';
import { buildNodeImage, type NodeImage } from './node-image.ts';

/** A test cluster that is up. */
export interface Cluster {
  readonly name: string;
  /** Path of a kubeconfig of its own; its one context is called `context`. */
  readonly kubeconfig: string;
  readonly context: string;
  /** The Docker container that is the cluster's only node. */
  readonly container: string;
  /** A kubectl of the cluster's own version. */
  readonly kubectl: string;
}

export type ClusterState = 'absent' | 'running' | 'ended';

const startMs = 120_000;
const label = 'kdev.dev/test-cluster';
const lastStoryLine = 'the cluster is up';

/** Brings a cluster up, or finds it running. A component that dies on the way is named, with its last lines. */
export async function upCluster(name: string): Promise<Cluster> {
  checkName(name);
  const image = await buildNodeImage();
  const cluster = describe(name, image);
  if ((await clusterState(name)) === 'running') {
    const current = await outputOf('docker', [
      'inspect',
      '--format',
      '{{.Image}}',
      cluster.container,
    ]);
    if (current === (await imageId(image.tag))) return await join(cluster);
  }
  await removeCluster(name);
  await step(`cluster ${name}, Kubernetes ${image.kube.version}`, async (running) => {
    try {
      await startNode(cluster, image);
      await followStory(cluster, (line) => running.detail(line.slice(0, 60)));
      await writeKubeconfig(cluster);
    } catch (error) {
      await removeCluster(name);
      throw error;
    }
  });
  return cluster;
}

/** Removes a cluster and all that was made for it; says whether there was one. */
export async function downCluster(name: string): Promise<boolean> {
  checkName(name);
  const existed = (await clusterState(name)) !== 'absent';
  await removeCluster(name);
  return existed;
}

export async function clusterState(name: string): Promise<ClusterState> {
  const state = await outputOf('docker', [
    'inspect',
    '--format',
    '{{.State.Running}}',
    containerName(name),
  ]);
  if (state === undefined) return 'absent';
  return state === 'true' ? 'running' : 'ended';
}

/** The cluster of this name, where it is running. */
export async function findCluster(name: string): Promise<Cluster | undefined> {
  checkName(name);
  if ((await clusterState(name)) !== 'running') return undefined;
  return describe(name, await buildNodeImage());
}

/** The names of all test clusters on this machine, running or not. */
export async function listClusters(): Promise<string[]> {
  const format = `{{.Label "${label}"}}`;
  const filter = ['--filter', `label=${label}`, '--format', format];
  const names = (await outputOf('docker', ['ps', '--all', ...filter])) ?? '';
  return names === '' ? [] : names.split('\n').sort();
}

export function containerName(name: string): string {
  return `kdev-test-${name}`;
}

function checkName(name: string): void {
  if (/^[a-z][a-z0-9-]{0,30}$/.test(name)) return;
  throw new Error(
    `a cluster's name is lower-case letters, digits and dashes, not ${JSON.stringify(name)}`,
  );
}

function describe(name: string, image: NodeImage): Cluster {
  return {
    name,
    kubeconfig: cacheFolder('clusters', name, 'kubeconfig'),
    context: containerName(name),
    container: containerName(name),
    kubectl: path.join(image.kube.folder, 'kubectl'),
  };
}

/** Another run may still be bringing it up. */
async function join(cluster: Cluster): Promise<Cluster> {
  await followStory(cluster, () => undefined);
  await writeKubeconfig(cluster);
  return cluster;
}

async function startNode(cluster: Cluster, image: NodeImage): Promise<void> {
  const labels = ['--label', `${label}=${cluster.name}`];
  // A bridge that does not masquerade: an `internal` one would drop the published port without a word.
  const noWayOut = ['--opt', 'com.docker.network.bridge.enable_ip_masquerade=false'];
  const dualStack = ['--ipv6', '--subnet', subnet6(cluster.name)];
  await run('docker', [
    ...['network', 'create', ...labels, ...noWayOut, ...dualStack],
    cluster.container,
  ]);
  const volumes = ['/var/lib/containerd', '/var/lib/kubelet', '/var/lib/etcd'].flatMap((folder) => [
    '--mount',
    `type=volume,dst=${folder},volume-label=${label}=${cluster.name}`,
  ]);
  await run('docker', [
    'run',
    '--detach',
    '--name',
    cluster.container,
    '--hostname',
    cluster.container,
    ...labels,
    ...['--privileged', '--cgroupns=private', '--tmpfs', '/run', '--tmpfs', '/tmp'],
    ...volumes,
    ...['--network', cluster.container, '--publish', '127.0.0.1::6443'],
    // Docker's resolver would carry questions out of the fence: it is told of a server that is not there.
    ...['--dns', '127.0.0.1'],
    ...['--env', `NODE_NAME=${cluster.container}`, ...extraFlags()],
    image.tag,
  ]);
}

/** Docker before 27 chooses no IPv6 subnet of its own: one for each name, a unique local one (RFC 4193). */
function subnet6(name: string): string {
  const digest = createHash('sha256').update(`kdev-test ${name}`).digest('hex');
  return `fd${digest.slice(0, 2)}:${digest.slice(2, 6)}:${digest.slice(6, 10)}::/64`;
}

/** `KDEV_TEST_EXTRA_KUBE_APISERVER="--v=4"` adds flags to a component, to look closer at it or to break it. */
function extraFlags(): string[] {
  const prefix = 'KDEV_TEST_EXTRA_';
  return Object.entries(process.env).flatMap(([name, value]) =>
    name.startsWith(prefix) ? ['--env', `EXTRA_${name.slice(prefix.length)}=${value}`] : [],
  );
}

/** Follows what the node tells of its start until the cluster is up, or fails with the node's last words. */
async function followStory(cluster: Cluster, onLine: (line: string) => void): Promise<void> {
  const logs = spawn('docker', ['logs', '--follow', cluster.container], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => logs.kill(), startMs);
  const story: string[] = [];
  try {
    for await (const line of createInterface({ input: logs.stdout })) {
      if (line === lastStoryLine) return;
      story.push(line);
      onLine(line);
    }
  } finally {
    clearTimeout(timer);
    logs.kill();
  }
  const words = story.filter((line) => !line.endsWith(' is ready')).slice(-24);
  const late = `the cluster is not up after ${startMs / 1000} s; its last step: ${story.at(-1)}`;
  throw new Error(words.length > 0 ? words.join('\n') : late);
}

async function writeKubeconfig(cluster: Cluster): Promise<void> {
  const published = await run('docker', ['port', cluster.container, '6443/tcp']);
  const address = published.split('\n')[0];
  const inNode = await run('docker', [
    'exec',
    cluster.container,
    'cat',
    '/etc/kubernetes/pki/admin.conf',
  ]);
  await mkdir(path.dirname(cluster.kubeconfig), { recursive: true });
  await writeFile(cluster.kubeconfig, `${inNode.replace('127.0.0.1:6443', `${address}`)}\n`, {
    mode: 0o600,
  });
}

async function removeCluster(name: string): Promise<void> {
  const container = containerName(name);
  await ignoreAbsence(['rm', '--force', '--volumes', container]);
  await ignoreAbsence(['network', 'rm', container]);
  const volumes = await run('docker', [
    'volume',
    'ls',
    '--quiet',
    '--filter',
    `label=${label}=${name}`,
  ]);
  if (volumes !== '') await run('docker', ['volume', 'rm', ...volumes.split('\n')]);
  await rm(cacheFolder('clusters', name), { recursive: true, force: true });
}

async function ignoreAbsence(args: readonly string[]): Promise<void> {
  try {
    await run('docker', args);
  } catch (error) {
    if (!(error instanceof CommandError && /no such|not found/i.test(error.output))) throw error;
  }
}
