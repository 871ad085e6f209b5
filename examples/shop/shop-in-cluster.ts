import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { run } from '../../test/run/shell.ts';
import { step } from '../../test/run/steps.ts';

export const shopFolder = fileURLToPath(new URL('.', import.meta.url));

/** A cluster that the demo may use: kubectl with its arguments, and how images get there. */
export interface ShopCluster {
  kubectl(...args: string[]): Promise<string>;
  kubectlWithInput(input: string, ...args: string[]): Promise<string>;
  /** Makes images of this machine's Docker known to the cluster. */
  deliver(images: readonly string[]): Promise<void>;
}

const images = ['shop/orders:1', 'shop/gateway:1', 'shop/postgres:1'];
/** With those that Compose builds. */
export const shopImages = [...images, 'shop-orders', 'shop-kiosk'];

/** Builds a static binary of the shop, named by what it answers with. */
export async function buildProgram(program: 'orders' | 'gateway', version: string): Promise<void> {
  await run(
    'go',
    [
      'build',
      '-trimpath',
      '-ldflags',
      `-s -w -X 'main.version=${version}'`,
      '-o',
      `${program}/`,
      `./${program}`,
    ],
    {
      cwd: shopFolder,
      env: { CGO_ENABLED: '0' },
      timeoutMs: 10 * 60_000,
    },
  );
}

/** The shop as its users know it: three deployments, a ConfigMap and a Secret in a namespace of its own. */
export async function openShop(cluster: ShopCluster, baseImage: string): Promise<void> {
  await step('building the shop', async () => {
    await buildProgram('orders', 'orders in the cluster');
    await buildProgram('gateway', 'gateway');
    for (const image of images) await buildImage(image, baseImage);
  });
  await cluster.deliver(images);
  await step('opening the shop in the cluster', async (running) => {
    await cluster.kubectlWithInput(
      await readFile(`${shopFolder}/cluster/shop.yaml`, 'utf8'),
      'apply',
      '-f',
      '-',
    );
    for (const name of ['orders', 'gateway', 'postgres']) {
      running.detail(`waiting for ${name}`);
      await cluster.kubectl(
        '-n',
        'shop',
        'rollout',
        'status',
        `deployment/${name}`,
        '--timeout=60s',
      );
    }
  });
}

export async function closeShop(cluster: ShopCluster): Promise<void> {
  await step('closing the shop', () =>
    cluster.kubectl('delete', 'namespace', 'shop', '--wait=true', '--timeout=60s'),
  );
}

async function buildImage(image: string, baseImage: string): Promise<void> {
  const folder = image.slice('shop/'.length, -':1'.length);
  await run(
    'docker',
    [
      'build',
      '--quiet',
      '--build-arg',
      `BASE=${baseImage}`,
      '--tag',
      image,
      `${shopFolder}/${folder}`,
    ],
    {
      env: { DOCKER_BUILDKIT: '1' },
      timeoutMs: 10 * 60_000,
    },
  );
}
