import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { installedPackage } from '../../src/runtime/installed-package.ts';
import { type Cluster, downCluster, upCluster } from '../cluster/cluster.ts';
import { loadImages } from '../cluster/load-images.ts';
import { FaultyWay } from '../fixtures/faulty-way.ts';
import { buildNodeBase, nodeBase } from '../fixtures/node-base.ts';
import { run } from '../run/shell.ts';
import { step } from '../run/steps.ts';

const loadImage = 'kdev-bench/load:1';
const root = fileURLToPath(new URL('../../', import.meta.url));
const kdevProgram = join(root, 'dist/kdev.mjs');

/** What the load program prints of many small works. */
export const timedShape = z.object({
  perSecond: z.number(),
  p50: z.number(),
  p99: z.number(),
  done: z.number(),
  failed: z.number(),
  why: z.string().optional(),
});
/** What it prints of one transfer. */
export const movedShape = z.object({ mbPerSecond: z.number(), bytes: z.number() });

export type Environment = Readonly<Record<string, string>>;

export type Place = 'machine' | 'client pod' | 'service';

/** A cluster with `target`, `plain` and `client`, and a Compose project whose one service takes the target's place. */
export interface BenchWorld {
  /** A way to the API server that can be cut, and the kubeconfig that leads through it. kdev goes without it elsewhere. */
  readonly way: FaultyWay;
  readonly kubeconfigOfWay: string;
  /** kdev in the project's folder; its output where it fails. */
  kdev(
    args: readonly string[],
    env?: Environment,
    onLine?: (line: string) => void,
  ): Promise<string>;
  /** Plain docker compose on the same project without kdev. */
  plainCompose(args: readonly string[], env?: Environment): Promise<string>;
  /** Runs the load program somewhere; answers what it printed, as `shape` reads it. */
  load<T>(place: Place, args: readonly string[], shape: z.ZodType<T>): Promise<T>;
  /** Forwards a port of `plain` with kubectl while `work` runs; `address` is host:port on this machine. */
  forwarded<T>(port: number, work: (address: string) => Promise<T>): Promise<T>;
  kubectl(...args: string[]): Promise<string>;
  close(): Promise<void>;
}

export async function openWorld(): Promise<BenchWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'kdev-bench-'));
  const loadProgram = await buildImages(folder);
  const cluster = await upCluster('bench');
  await loadImages(cluster, [loadImage, `kdev/runtime:${installedPackage().version}`]);
  const kubectl = (...args: string[]) =>
    run(cluster.kubectl, ['--kubeconfig', cluster.kubeconfig, ...args]);
  await deploy(cluster, kubectl);
  const way = await openWay(cluster, folder);
  const env = { KUBECONFIG: cluster.kubeconfig, KDEV_IMAGE_BASE: nodeBase };
  return {
    way,
    kubeconfigOfWay: join(folder, 'kubeconfig'),
    kdev: (args, more = {}, onLine = () => undefined) =>
      run(process.execPath, [kdevProgram, ...args], {
        cwd: join(root, 'test/bench/project'),
        env: { ...env, ...more },
        timeoutMs: 180_000,
        onLine,
      }),
    plainCompose: (args, more = {}) =>
      run('docker', ['compose', ...args], {
        cwd: join(root, 'test/bench/plain'),
        env: more,
        timeoutMs: 180_000,
      }),
    load: (place, args, shape) => load(place, args, { shape, loadProgram, kubectl }),
    forwarded: (port, work) => forwarded(cluster, port, work),
    kubectl,
    async close() {
      await way[Symbol.asyncDispose]();
      await downCluster('bench');
      await rm(folder, { recursive: true });
    },
  };
}

async function buildImages(folder: string): Promise<string> {
  const image = join(folder, 'image');
  const program = join(image, 'load');
  await buildNodeBase();
  await step('building kdev, its image and the load', async () => {
    await mkdir(image);
    await run('go', ['build', '-trimpath', '-ldflags', '-s -w', '-o', program, '.'], {
      cwd: join(root, 'test/bench/load'),
      env: { CGO_ENABLED: '0' },
      timeoutMs: 600_000,
    });
    await writeFile(
      join(image, 'Dockerfile'),
      'FROM scratch\nCOPY load /load\nENTRYPOINT ["/load"]\nCMD ["serve"]\n',
    );
    await run('docker', ['build', '--quiet', '--tag', loadImage, image], { timeoutMs: 600_000 });
    await run('npm', ['run', '--silent', 'build'], { cwd: root });
    await run(process.execPath, [kdevProgram, 'image', 'build', '--base', nodeBase], {
      timeoutMs: 600_000,
    });
  });
  return program;
}

async function deploy(cluster: Cluster, kubectl: BenchWorld['kubectl']): Promise<void> {
  const manifest = await readFile(join(root, 'test/bench/bench.yaml'), 'utf8');
  await step('deploying target, plain and client', async () => {
    await run(cluster.kubectl, ['--kubeconfig', cluster.kubeconfig, 'apply', '-f', '-'], {
      input: manifest,
    });
    for (const name of ['target', 'plain', 'client']) {
      await kubectl('-n', 'bench', 'rollout', 'status', `deployment/${name}`, '--timeout=60s');
    }
  });
}

async function openWay(cluster: Cluster, folder: string): Promise<FaultyWay> {
  const config = z
    .looseObject({
      clusters: z.array(z.looseObject({ cluster: z.looseObject({ server: z.string() }) })),
    })
    .parse(parse(await readFile(cluster.kubeconfig, 'utf8')));
  const entry = config.clusters[0]?.cluster;
  if (!entry) throw new Error('the kubeconfig names no cluster');
  const way = await FaultyWay.open({ host: '127.0.0.1', port: Number(new URL(entry.server).port) });
  entry.server = `https://127.0.0.1:${way.port}`;
  await writeFile(join(folder, 'kubeconfig'), stringify(config), { mode: 0o600 });
  return way;
}

async function load<T>(
  place: Place,
  args: readonly string[],
  means: { shape: z.ZodType<T>; loadProgram: string; kubectl: BenchWorld['kubectl'] },
): Promise<T> {
  const printed = await runLoad(place, args, means);
  return means.shape.parse(JSON.parse(printed));
}

async function runLoad(
  place: Place,
  args: readonly string[],
  { loadProgram, kubectl }: { loadProgram: string; kubectl: BenchWorld['kubectl'] },
): Promise<string> {
  switch (place) {
    case 'machine':
      return await run(loadProgram, args);
    case 'client pod':
      return await kubectl('-n', 'bench', 'exec', 'deployment/client', '--', '/load', ...args);
    case 'service':
      return await run('docker', ['exec', 'kdev-bench-service-1', '/load', ...args]);
  }
}

async function forwarded<T>(
  cluster: Cluster,
  port: number,
  work: (address: string) => Promise<T>,
): Promise<T> {
  const child = spawn(
    cluster.kubectl,
    [
      '--kubeconfig',
      cluster.kubeconfig,
      '-n',
      'bench',
      'port-forward',
      'deployment/plain',
      `:${port}`,
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  try {
    return await work(`127.0.0.1:${await forwardedPort(child)}`);
  } finally {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}

async function forwardedPort(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('kubectl has no output');
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port === undefined) continue;
    child.stdout.resume();
    return port;
  }
  throw new Error('kubectl port-forward ended without a word');
}
