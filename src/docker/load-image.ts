import { Readable } from 'node:stream';
import { kdevError } from '../errors/kdev-error.ts';
import { didYouMean } from '../errors/nearest-name.ts';
import type { Engine } from './engine.ts';
import { openExecPipe } from './exec-pipe.ts';

/**
 * Carries an image into every node of a cluster whose nodes are containers of this engine: there is no registry between
 * the two.
 */
export async function loadImage(engine: Engine, name: string, cluster: string): Promise<void> {
  const containers = await engine.ask('list containers', (docker) => docker.listContainers());
  const running = containers.map(({ Names, Labels }) => ({
    name: (Names[0] ?? '').replace(/^\//, ''),
    labels: Labels ?? {},
  }));
  for (const node of findNodes(running, cluster)) await loadIntoNode(engine, name, node);
}

/** minikube's nodes may run their containers by Docker; all others by containerd. */
const importing =
  'if docker version >/dev/null 2>&1; then exec docker load; else exec ctr --namespace k8s.io images import -; fi';

async function loadIntoNode(engine: Engine, name: string, node: string): Promise<void> {
  const archive = Readable.from(
    await engine.ask(`save the image ${name}`, (docker) => docker.getImage(name).get()),
  );
  const pipe = await openExecPipe(engine, node, ['sh', '-c', importing]);
  pipe.resume();
  archive.on('error', (error) => pipe.destroy(error)).pipe(pipe);
  // It need not read to the end: it knows an archive's own.
  await new Promise<void>((resolve) => pipe.on('error', () => undefined).once('close', resolve));
  archive.destroy();
  if ((await pipe.exitCode()) === 0) return;
  throw kdevError('IMAGE_NOT_LOADED', {
    fact: `node ${node} did not take the image ${name}`,
    evidence: pipe.complaint,
    hints: [{ who: 'you', text: 'shows whether the node runs', command: 'docker ps' }],
  });
}

export interface RunningContainer {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The containers that are a cluster's nodes, by the labels of kind, k3d and minikube, else by what they are called. */
export function findNodes(
  containers: readonly RunningContainer[],
  cluster: string,
): readonly string[] {
  const nodes = containers.flatMap((one) => {
    const owner = clusterOf(one);
    return owner === undefined ? [] : [{ name: one.name, owner }];
  });
  // As a context is called: kind-dev, k3d-dev.
  const wanted = [cluster, cluster.replace(/^(kind|k3d)-/, '')];
  const found = nodes.filter(({ owner }) => wanted.includes(owner));
  if (found.length > 0) return found.map(({ name }) => name);
  const clusters = [...new Set(nodes.map(({ owner }) => owner))];
  throw kdevError('IMAGE_NOT_LOADED', {
    fact: `no cluster ${cluster} runs on this engine${didYouMean(cluster, clusters)}`,
    evidence: [
      'looked for nodes of kind, k3d and minikube',
      `clusters here: ${clusters.join(', ') || 'none'}`,
    ].join('\n'),
    hints: [
      { who: 'you', text: 'lists the containers that run', command: 'docker ps' },
      { who: 'you', text: 'for a cluster elsewhere', command: 'kdev image push REGISTRY/NAME' },
    ],
  });
}

/** The cluster whose node a container is. */
function clusterOf({ name, labels }: RunningContainer): string | undefined {
  const isK3dNode = /^(server|agent)$/.test(labels['k3d.role'] ?? '');
  const isKindNode = /^(control-plane|worker)$/.test(labels['io.x-k8s.kind.role'] ?? 'worker');
  if (labels['k3d.cluster'] !== undefined) return isK3dNode ? labels['k3d.cluster'] : undefined;
  const kind = labels['io.x-k8s.kind.cluster'];
  if (kind !== undefined) return isKindNode ? kind : undefined;
  // A profile's first node is called like it, the others have a number behind.
  if (labels['created_by.minikube.sigs.k8s.io'] === 'true') return name.replace(/-m\d+$/, '');
  const [, ours, kinds] = /^kdev-test-(.+)$|^(.+)-control-plane$/.exec(name) ?? [];
  return ours ?? kinds;
}
