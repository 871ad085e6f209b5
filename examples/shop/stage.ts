import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { installedPackage } from '../../src/runtime/installed-package.ts';
import { downCluster, upCluster } from '../../test/cluster/cluster.ts';
import { loadImages } from '../../test/cluster/load-images.ts';
import { baseImage, buildBaseImage } from '../../test/fixtures/base-image.ts';
import { FaultyWay } from '../../test/fixtures/faulty-way.ts';
import { buildNodeBase, nodeBase } from '../../test/fixtures/node-base.ts';
import { ensureDocker } from '../../test/run/docker-daemon.ts';
import { clusterNeeds } from '../../test/run/needs.ts';
import { setUp } from '../../test/run/set-up.ts';
import { run } from '../../test/run/shell.ts';
import { step, tell } from '../../test/run/steps.ts';
import {
  buildProgram,
  closeShop,
  openShop,
  type ShopCluster,
  shopFolder,
  shopImages,
} from './shop-in-cluster.ts';
import { howItEnds, whatStays, whatToTry } from './words.ts';

const clusterName = 'demo';
const runtimeImage = `kdev/runtime:${installedPackage().version}`;
const program = join(shopFolder, '../../dist/kdev.mjs');

/** What orders, or the gateway's `get`, answers: names and texts. */
export type Answer = Readonly<Record<string, string>>;

export interface StageOptions {
  readonly keep: boolean;
  /** A context of the user's own kubeconfig; its nodes pull the images from `registry`. */
  readonly context?: string | undefined;
  readonly registry?: string | undefined;
}

/** Everything that the demo plays on: Docker, a cluster with the shop, kdev, and a way to the API server that can be cut. */
export interface Stage {
  /** What a terminal of the stage needs: kubectl, and the environment of kdev. */
  readonly kubectl: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs kdev in the shop's folder as a user would, its words on the terminal. */
  kdev(...args: (string | Readonly<Record<string, string>>)[]): Promise<void>;
  /** One request to orders, made inside the cluster through the gateway. */
  ask(path: string): Promise<Answer>;
  gatewayAddress(): Promise<string>;
  /** Cuts the connection with the API server three times while `work` goes on; says how many connections it met. */
  cutThreeTimes(work: Promise<unknown>): Promise<number>;
  /** The first match in what the local orders has logged, waiting for it a little; else all of it. */
  serviceLogs(pattern: RegExp): Promise<string>;
  leftInDocker(): Promise<string[]>;
  leftInCluster(): Promise<string[]>;
  sayWhatToTry(): void;
  close(): Promise<void>;
}

/** Brings up what is missing, opens the shop, and puts a way that can be cut between kdev and the API server. */
export async function openStage(options: StageOptions): Promise<Stage> {
  await setUp(clusterNeeds);
  const docker = await ensureDocker();
  await buildImages();
  const place = options.context
    ? await usersCluster(options.context, options.registry)
    : await ownCluster();
  await openShop(place, baseImage);
  await place.deliver([runtimeImage]);
  await buildProgram('orders', 'orders on this machine');
  const folder = await mkdtemp(join(tmpdir(), 'kdev-demo-'));
  const way = await wayToCluster(place, folder);
  const env = { KUBECONFIG: join(folder, 'kubeconfig'), KDEV_IMAGE_BASE: nodeBase };
  return {
    kubectl: place.program,
    env,
    kdev: (...args) => kdev(args, env),
    ask: (path) => ask(place, path),
    gatewayAddress: () =>
      place.kubectl(
        '-n',
        'shop',
        'get',
        'pods',
        '-l',
        'app=gateway',
        '-o',
        'jsonpath={.items[0].status.podIP}',
      ),
    cutThreeTimes: (work) => cutThreeTimes(way, work),
    serviceLogs: (pattern) => serviceLogs(pattern, env),
    leftInDocker,
    leftInCluster: () => leftInCluster(place),
    sayWhatToTry: () => tell(whatToTry(env.KUBECONFIG, program)),
    async close() {
      if (options.keep) {
        tell(howItEnds);
        await new Promise<void>((resolve) => process.once('SIGINT', resolve));
      }
      await kdev(['compose', 'down'], env).catch(() => undefined);
      await way[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
      await place.close();
      tell(whatStays(shopImages));
      await docker.stop();
    },
  };
}

interface Place extends ShopCluster {
  readonly kubeconfig: string;
  /** kubectl's own. */
  readonly program: string;
  close(): Promise<void>;
}

async function buildImages(): Promise<void> {
  await buildBaseImage();
  await buildNodeBase();
  await step('building kdev and its image', async () => {
    await run('npm', ['run', '--silent', 'build']);
    await run(process.execPath, [program, 'image', 'build', '--base', nodeBase], {
      timeoutMs: 10 * 60_000,
    });
  });
}

async function ownCluster(): Promise<Place> {
  const cluster = await upCluster(clusterName);
  const kubectl = ['--kubeconfig', cluster.kubeconfig];
  return {
    kubeconfig: await readFile(cluster.kubeconfig, 'utf8'),
    program: cluster.kubectl,
    kubectl: (...args) => run(cluster.kubectl, [...kubectl, ...args]),
    kubectlWithInput: (input, ...args) => run(cluster.kubectl, [...kubectl, ...args], { input }),
    deliver: (images) => loadImages(cluster, images),
    close: async () => {
      await downCluster(clusterName);
    },
  };
}

/** The user's own cluster: images travel by way of a registry that its nodes can pull from. */
async function usersCluster(context: string, registry: string | undefined): Promise<Place> {
  if (registry === undefined)
    throw new Error('--context needs --registry PREFIX, from which the cluster can pull images');
  const kubectl = ['--context', context];
  const renamed = (text: string) =>
    text.replaceAll(/image: "?(shop\/[a-z]+:1)"?/g, `image: "${registry}/$1"`);
  const place: Place = {
    program: 'kubectl',
    kubeconfig: await run('kubectl', [
      ...kubectl,
      'config',
      'view',
      '--raw',
      '--minify',
      '--flatten',
    ]),
    kubectl: (...args) => run('kubectl', [...kubectl, ...args]),
    kubectlWithInput: (input, ...args) =>
      run('kubectl', [...kubectl, ...args], { input: renamed(input) }),
    async deliver(images) {
      for (const image of images) {
        await run('docker', ['tag', image, `${registry}/${image}`]);
        await run('docker', ['push', '--quiet', `${registry}/${image}`], {
          timeoutMs: 10 * 60_000,
        });
      }
    },
    close: () => closeShop(place),
  };
  return place;
}

/** A copy of the kubeconfig whose API server is reached through a way that can be cut; TLS still asks for the true name. */
async function wayToCluster(place: Place, folder: string): Promise<FaultyWay> {
  const config = kubeconfigShape.parse(parse(place.kubeconfig));
  const cluster = config.clusters[0]?.cluster;
  if (!cluster) throw new Error('the kubeconfig names no cluster');
  const server = new URL(cluster.server);
  const way = await FaultyWay.open({ host: server.hostname, port: Number(server.port || 443) });
  cluster['tls-server-name'] ??= server.hostname;
  cluster.server = `https://127.0.0.1:${way.port}${server.pathname}`;
  await writeFile(join(folder, 'kubeconfig'), stringify(config), { mode: 0o600 });
  return way;
}

const kubeconfigShape = z.looseObject({
  clusters: z.array(
    z.looseObject({
      cluster: z.looseObject({ server: z.string(), 'tls-server-name': z.string().optional() }),
    }),
  ),
});

async function kdev(
  args: readonly (string | Readonly<Record<string, string>>)[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const words = args.filter((arg) => typeof arg === 'string');
  const more = args.filter((arg) => typeof arg !== 'string');
  const child = spawn(process.execPath, [program, ...words], {
    cwd: shopFolder,
    env: Object.assign({}, process.env, env, ...more),
    stdio: 'inherit',
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`kdev ${words.join(' ')} ended with ${code}`);
}

async function ask(place: Place, path: string): Promise<Answer> {
  const answer = await place.kubectl(
    '-n',
    'shop',
    'exec',
    'deploy/gateway',
    '--',
    '/gateway',
    'get',
    `http://orders:8080${path}`,
  );
  return z.record(z.string(), z.coerce.string()).parse(JSON.parse(answer));
}

async function cutThreeTimes(way: FaultyWay, work: Promise<unknown>): Promise<number> {
  let done = false;
  work
    .finally(() => {
      done = true;
    })
    .catch(() => undefined);
  let cuts = 0;
  while (!done && cuts < 3) {
    await delay(250);
    if (done || way.open === 0) continue;
    way.cut();
    cuts++;
  }
  return cuts;
}

async function serviceLogs(
  pattern: RegExp,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  let logs = '';
  for (let tries = 0; tries < 20; tries++) {
    logs = await run(process.execPath, [program, 'compose', 'logs', '--no-log-prefix', 'orders'], {
      cwd: shopFolder,
      env,
    });
    const found = pattern.exec(logs)?.[0];
    if (found !== undefined) return found;
    await delay(250);
  }
  return logs;
}

async function leftInDocker(): Promise<string[]> {
  const project = 'label=com.docker.compose.project=shop';
  const lists = await Promise.all([
    run('docker', ['ps', '--all', '--quiet', '--filter', project]),
    run('docker', ['network', 'ls', '--quiet', '--filter', project]),
    run('docker', ['volume', 'ls', '--quiet', '--filter', project]),
  ]);
  return lists.flatMap((list) => list.split('\n')).filter(Boolean);
}

async function leftInCluster(place: Place): Promise<string[]> {
  const left = await place.kubectl(
    'get',
    'jobs,secrets,pods',
    '-A',
    '-l',
    'app.kubernetes.io/managed-by=kdev',
    '-o',
    'name',
  );
  return left.split('\n').filter(Boolean);
}
