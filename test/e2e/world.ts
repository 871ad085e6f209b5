import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inject } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { FaultyWay } from '../fixtures/faulty-way.ts';
import { type RunOptions, run } from '../run/shell.ts';
import { type AppOptions, appManifests } from './app-manifests.ts';
import { Client } from './client.ts';
import { eventually } from './eventually.ts';
import type { Ground } from './ground.ts';
import { processesOf } from './host-processes.ts';
import { type Kubeconfig, readKubeconfig, redirected, writeKubeconfig } from './kubeconfig.ts';
import { Pod, podShape } from './pod.ts';
import { Project, type Surroundings } from './project.ts';

const podReadyMs = 30_000;

/**
 * A namespace of the cluster with whatever a scenario puts there, a way to the API server that the scenario can cut, and
 * compose projects whose kdev takes that way.
 */
export class World implements AsyncDisposable, Surroundings {
  readonly ground: Ground;
  /** Unlike any other run's, as are the projects' names. */
  readonly namespace: string;
  readonly way: FaultyWay;
  /** A folder of the scenario's own. */
  readonly folder: string;
  /** The one of `kubeconfig`: its context leads over the way, and into the namespace. */
  readonly kubeconfigContent: Kubeconfig;
  readonly kubeconfig: string;
  readonly #projects: Project[] = [];
  #begun = 0;

  private constructor(made: Made) {
    this.ground = made.ground;
    this.namespace = made.namespace;
    this.folder = made.folder;
    this.way = made.way;
    this.kubeconfigContent = redirected(made.config, made.way.port, made.namespace);
    this.kubeconfig = path.join(made.folder, 'kubeconfig');
  }

  static async open(): Promise<World> {
    const ground = inject('ground');
    const config = await readKubeconfig(ground.cluster.kubeconfig);
    const server = new URL(config.clusters[0]?.cluster.server ?? '');
    const world = new World({
      ground,
      config,
      namespace: `e2e-${randomBytes(4).toString('hex')}`,
      folder: await mkdtemp(path.join(tmpdir(), 'kdev-')),
      way: await FaultyWay.open({ host: server.hostname, port: Number(server.port) }),
    });
    await writeKubeconfig(world.kubeconfig, world.kubeconfigContent);
    await world.kubectl('create', 'namespace', world.namespace);
    return world;
  }

  /** kubectl by its own way, in the world's namespace. */
  kubectl = async (...args: string[]): Promise<string> => await this.kubectlWith({}, ...args);

  async kubectlWith(options: RunOptions, ...args: string[]): Promise<string> {
    const { kubectl } = this.ground.cluster;
    return await run(kubectl, [...this.#kubectlFlags, ...args], { timeoutMs: 60_000, ...options });
  }

  get #kubectlFlags(): string[] {
    return ['--kubeconfig', this.ground.cluster.kubeconfig, '--namespace', this.namespace];
  }

  async apply(...objects: object[]): Promise<void> {
    const input = objects.map((one) => stringify(one)).join('---\n');
    await this.kubectlWith({ input }, 'apply', '-f', '-');
  }

  /** Deploys a test app and waits until it answers. */
  async deploy(options: AppOptions): Promise<Pod> {
    await this.apply(...appManifests(options));
    return await this.podOf(options.name);
  }

  /** The ready pod of a deployment, once its app answers. */
  async podOf(deployment: string): Promise<Pod> {
    await this.kubectl('rollout', 'status', `deployment/${deployment}`, '--timeout=60s');
    const pods = await this.kubectl('get', 'pods', '-l', `app=${deployment}`, '-o', 'json');
    const { items } = z.object({ items: z.array(podShape) }).parse(JSON.parse(pods));
    const found = items.find(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (!found) throw new Error(`deployment/${deployment} has no pod`);
    const pod = new Pod(this.kubectl, found);
    await eventually(`the app of ${pod.name} answers`, { deadlineMs: podReadyMs }, () =>
      pod.ask('GET', '/log'),
    );
    return pod;
  }

  /** A pod that makes requests as any other workload of the cluster does. */
  async client(): Promise<PodClient> {
    const pod = await this.deploy({ name: 'client', language: 'node', ports: [8081] });
    const { kubectl } = this.ground.cluster;
    const client = new Client([kubectl, ...this.#kubectlFlags, 'exec', '-i', pod.name, '--']);
    return Object.assign(client, { address: pod.address });
  }

  /** The processes of the agents in the namespace, as this machine numbers them. */
  async agentProcesses(): Promise<number[]> {
    const ids = await this.kubectl(
      ...['get', 'pods', '-l', 'app.kubernetes.io/managed-by=kdev', '-o'],
      'jsonpath={.items[*].status.containerStatuses[*].containerID}',
    );
    const pids = ids.split(' ').flatMap((id) => processesOf(id.replace(/^.*:\/\//, '')));
    if (pids.length === 0) throw new Error(`no agent runs in ${this.namespace}`);
    return pids;
  }

  /** A compose project in a folder of its own. */
  async project(compose: Readonly<Record<string, unknown>>): Promise<Project> {
    // Several may be under way.
    const index = this.#begun++;
    const project = await Project.create(this, index, compose);
    this.#projects.push(project);
    return project;
  }

  /** Fails where kdev left something behind that only force could take away. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.way.state = 'passes';
    const failures: unknown[] = [];
    for (const project of this.#projects) await project.down().catch(() => undefined);
    for (const project of this.#projects) {
      await project.remove().catch((error: unknown) => failures.push(error));
    }
    await this.way[Symbol.asyncDispose]();
    await this.kubectl('delete', 'namespace', this.namespace, '--wait=false');
    await rm(this.folder, { recursive: true, force: true });
    if (failures.length > 0) throw failures[0];
  }
}

export type PodClient = Client & { readonly address: string };

interface Made {
  readonly ground: Ground;
  readonly config: Kubeconfig;
  readonly namespace: string;
  readonly folder: string;
  readonly way: FaultyWay;
}
