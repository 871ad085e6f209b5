import { imageId } from '../fixtures/build-image.ts';
import { outputOf, pipe, run } from '../run/shell.ts';
import { step } from '../run/steps.ts';
import type { Cluster } from './cluster.ts';

const loadMs = 10 * 60_000;
// Which image a name stood for when it was loaded: containerd's own list knows another kind of id.
const records = '/var/lib/containerd/kdev-loaded';

/** Carries images from Docker into the cluster's node; those that are there already cost nothing. */
export async function loadImages(cluster: Cluster, images: readonly string[]): Promise<void> {
  const stale: string[] = [];
  for (const image of images) {
    const id = await imageId(image);
    if (id === undefined) throw new Error(`Docker has no image ${image}`);
    if ((await loadedId(cluster, image)) !== id) stale.push(image);
  }
  if (stale.length === 0) return;
  await step(`loading ${stale.join(' ')} into cluster ${cluster.name}`, async () => {
    const inNode = ['docker', 'exec', '--interactive', cluster.container] as const;
    const load = [...inNode, 'ctr', '--namespace', 'k8s.io', 'images', 'import', '-'] as const;
    await pipe(['docker', 'save', ...stale], load, { timeoutMs: loadMs });
    for (const image of stale) await record(cluster, image);
  });
}

async function loadedId(cluster: Cluster, image: string): Promise<string | undefined> {
  return await outputOf('docker', ['exec', cluster.container, 'cat', recordOf(image)]);
}

async function record(cluster: Cluster, image: string): Promise<void> {
  const write = `mkdir -p ${records} && cat > ${recordOf(image)}`;
  await run('docker', ['exec', '--interactive', cluster.container, 'sh', '-c', write], {
    input: (await imageId(image)) ?? '',
  });
}

function recordOf(image: string): string {
  return `${records}/${image.replaceAll(/[^A-Za-z0-9.-]/g, '_')}`;
}
