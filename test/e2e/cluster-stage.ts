import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, inject } from 'vitest';
import { stringify } from 'yaml';
import type { AgentPlan } from '../../src/cluster/agent-plan.ts';
import type { Chosen } from '../../src/cluster/chosen.ts';
import { type Cluster, openCluster } from '../../src/cluster/cluster.ts';
import { findTarget } from '../../src/cluster/find-target.ts';
import type { Target } from '../../src/cluster/target.ts';
import { loadImages } from '../cluster/load-images.ts';
import { buildImage } from '../fixtures/build-image.ts';
import { nodeBase } from '../fixtures/node-base.ts';
import { run } from '../run/shell.ts';
import { eventually } from './eventually.ts';

/** Gives back what it gets, where kdev's agent would stand; as a plain container it only waits. */
export const echoAgent = 'kdev-test/echo-agent:1';

export async function loadEchoAgent(): Promise<void> {
  const folder = path.join(import.meta.dirname, 'echo-agent');
  await buildImage({ tag: echoAgent, folder, base: nodeBase });
  await loadImages(inject('ground').cluster, [echoAgent]);
}

interface MutableKubeconfig {
  readonly users: [{ user: object }];
  readonly clusters: [{ readonly cluster: { server: string; 'proxy-url'?: string } }];
}

/** Namespaces and kubeconfigs of one test file, and how they go away. */
export class Stage {
  readonly #folder: string;
  readonly #namespaces: string[] = [];
  readonly #clusters: Cluster[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<Stage> {
    return new Stage(await mkdtemp(path.join(tmpdir(), 'kdev-stage-')));
  }

  /** The cluster as its admin, or as the user of another kubeconfig. */
  cluster(kubeconfig = inject('ground').cluster.kubeconfig, context?: Chosen): Cluster {
    const cluster = openCluster({
      env: { KUBECONFIG: kubeconfig },
      ...(context ? { context } : {}),
    });
    this.#clusters.push(cluster);
    return cluster;
  }

  async namespace(labels: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = `kdev-e2e-${randomBytes(4).toString('hex')}`;
    await this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
    this.#namespaces.push(name);
    // Pods need it, and it comes a moment after the namespace.
    await kubectl('wait', '--for=create', 'serviceaccount/default', '-n', name, '--timeout=20s');
    return name;
  }

  /** A deployment `orders` that waits, as a target. */
  async target(namespace: string): Promise<Target> {
    await this.apply(waiting(namespace, 'orders'));
    await kubectl('rollout', 'status', 'deployment/orders', '-n', namespace, '--timeout=60s');
    return await findTarget(this.cluster(), { namespace, target: 'deploy/orders' }, within(5));
  }

  async apply(...objects: readonly object[]): Promise<void> {
    const input = objects.map((object) => stringify(object)).join('---\n');
    const { kubectl: command, kubeconfig } = inject('ground').cluster;
    await run(command, ['--kubeconfig', kubeconfig, 'apply', '-f', '-'], { input });
  }

  /** The kubeconfig of a service account that may do only this in the namespace. */
  async userOf(namespace: string, rules: readonly object[]): Promise<string> {
    const metadata = { name: `user-${randomBytes(3).toString('hex')}`, namespace };
    const { name } = metadata;
    const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
    await this.apply(
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata,
        roleRef: role,
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
      },
    );
    return await this.kubeconfig({
      token: await kubectl('create', 'token', name, '-n', namespace),
    });
  }

  /** A kubeconfig of the cluster with other credentials, or with another server. */
  kubeconfig(user: object, server?: string): Promise<string> {
    return this.#changed((config) => {
      config.users[0].user = user;
      if (server !== undefined) config.clusters[0].cluster.server = server;
    });
  }

  /** The admin's kubeconfig behind a proxy. */
  kubeconfigBehind(proxy: string): Promise<string> {
    return this.#changed((config) => {
      config.clusters[0].cluster['proxy-url'] = proxy;
    });
  }

  async #changed(change: (config: MutableKubeconfig) => void): Promise<string> {
    const raw = await kubectl('config', 'view', '--raw', '--flatten', '-o', 'json');
    const config: MutableKubeconfig = JSON.parse(raw);
    change(config);
    const file = path.join(this.#folder, randomBytes(4).toString('hex'));
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    return file;
  }

  async close(): Promise<void> {
    for (const cluster of this.#clusters) cluster.close();
    await rm(this.#folder, { recursive: true, force: true });
    if (this.#namespaces.length === 0) return;
    await kubectl('delete', 'namespace', ...this.#namespaces, '--wait=false');
  }
}

export async function kubectl(...args: string[]): Promise<string> {
  const { kubectl: command, kubeconfig } = inject('ground').cluster;
  return await run(command, ['--kubeconfig', kubeconfig, ...args]);
}

/** A deployment that only waits. `container` and `pod` change its one container and its pod. */
export function waiting(
  namespace: string,
  name: string,
  {
    container = {},
    pod = {},
    replicas = 1,
  }: { container?: object; pod?: object; replicas?: number } = {},
): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'app', image: echoAgent, imagePullPolicy: 'Never', ...container }],
          ...pod,
        },
      },
    },
  };
}

/** An agent for this target that gives back what it gets. */
export function echoPlan(target: Target, change: Partial<AgentPlan> = {}): AgentPlan {
  const session = change.session ?? randomBytes(6).toString('hex');
  return {
    session,
    service: 'orders',
    namespace: target.namespace,
    image: echoAgent,
    target,
    config: {
      protocol: 2,
      session,
      tunnelPort: 7313,
      target: {
        namespace: target.namespace,
        pod: target.pod,
        container: target.container,
        containerId: target.containerId,
      },
      probePorts: target.probePorts,
      lingerMs: 40_000,
    },
    incoming: { mode: 'steal', ports: [8080] },
    sockets: false,
    files: true,
    owner: 'ada@laptop',
    since: new Date(),
    ...change,
  };
}

export function newKey() {
  return { id: randomBytes(16).toString('hex'), secret: randomBytes(32) };
}

/** A signal that fires when a test has waited too long; the test's own words are better than the runner's. */
export function within(seconds: number): AbortSignal {
  return AbortSignal.timeout(seconds * 1_000);
}

export async function expectNothingLeft({ session, namespace }: AgentPlan): Promise<void> {
  await eventually('nothing left', { deadlineMs: 15_000 }, async () => {
    const selector = `kdev.dev/session=${session}`;
    const what = ['jobs,pods,secrets', '-n', namespace, '-l', selector, '-o', 'name'];
    expect(await kubectl('get', ...what)).toBe('');
  });
}
