import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Cluster, clusterState, downCluster, upCluster } from '../cluster/cluster.ts';
import { loadImages } from '../cluster/load-images.ts';
import { appImages, buildAppImages } from '../fixtures/app-images.ts';
import { buildNodeBase, nodeBase } from '../fixtures/node-base.ts';
import { run } from '../run/shell.ts';
import { step } from '../run/steps.ts';

/** What all scenarios of a run stand on. */
export interface Ground {
  readonly cluster: Cluster;
  /** The program under test: a copy of what the package holds, so that a build beside the run changes nothing. */
  readonly kdev: string;
  /** kdev's image, in Docker and in the cluster. */
  readonly image: string;
}

const clusterName = process.env['KDEV_E2E_CLUSTER'] ?? 'e2e';
/** Runs beside each other are of different trees. */
const runtimeImage = `kdev-test/runtime:${clusterName}`;
const imageBuildMs = 10 * 60_000;
const packageFolder = path.join(import.meta.dirname, '../..');

/** Builds kdev, its image and the test apps, and brings up the cluster with them; answers with how to take it all away. */
export async function layGround(): Promise<{ ground: Ground; remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kdev-e2e-'));
  // Whoever brought the cluster up keeps it.
  const found = (await clusterState(clusterName)) === 'running';
  const remove = async () => {
    await rm(folder, { recursive: true, force: true });
    if (!found) await downCluster(clusterName);
  };
  try {
    const kdev = await buildKdev(folder);
    await buildNodeBase();
    await buildAppImages();
    await buildRuntimeImage(kdev);
    const cluster = await upCluster(clusterName);
    await loadImages(cluster, [runtimeImage, ...appImages]);
    return { ground: { cluster, kdev, image: runtimeImage }, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function buildKdev(folder: string): Promise<string> {
  return await step('building kdev', async () => {
    await run('npm', ['run', '--silent', 'build'], { cwd: packageFolder });
    const { files } = JSON.parse(await readFile(path.join(packageFolder, 'package.json'), 'utf8'));
    for (const file of ['package.json', ...files]) {
      await cp(path.join(packageFolder, file), path.join(folder, file), { recursive: true });
    }
    await symlink(path.join(packageFolder, 'node_modules'), path.join(folder, 'node_modules'));
    return path.join(folder, 'dist/kdev.mjs');
  });
}

async function buildRuntimeImage(kdev: string): Promise<void> {
  await step(`building ${runtimeImage}`, async (running) => {
    await run(
      process.execPath,
      [kdev, 'image', 'build', '--base', nodeBase, '--image', runtimeImage],
      { timeoutMs: imageBuildMs, onLine: (line) => running.detail(line.slice(0, 60)) },
    );
  });
}
