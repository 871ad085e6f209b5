import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Cluster, greetCluster } from '../../src/cluster/cluster.ts';
import { findSuccessor } from '../../src/cluster/find-successor.ts';
import { findTarget } from '../../src/cluster/find-target.ts';
import { followTarget, type TargetChange } from '../../src/cluster/follow-target.ts';
import type { Target } from '../../src/cluster/target.ts';
import { kubectl, loadEchoAgent, Stage, waiting, within } from './cluster-stage.ts';
import { eventually } from './eventually.ts';

const probed = {
  ports: [{ name: 'web', containerPort: 8080 }],
  readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 },
  startupProbe: { tcpSocket: { port: 'late' }, periodSeconds: 1, failureThreshold: 300 },
};

/** Process 1 of a container ends on a signal only if it asks for it. */
const restartable = 'process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000)';

let stage: Stage;
let cluster: Cluster;
let namespace: string;

beforeAll(async () => {
  await loadEchoAgent();
  stage = await Stage.open();
  cluster = stage.cluster();
  namespace = await stage.namespace();
  await stage.apply(
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'conf', namespace },
      data: { a: '1' },
    },
    waiting(namespace, 'orders', {
      container: {
        ports: [{ name: 'web', containerPort: 8080 }],
        readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 },
        livenessProbe: { grpc: { port: 9000 }, initialDelaySeconds: 3_000 },
        volumeMounts: [{ name: 'conf', mountPath: '/etc/app', readOnly: true }],
      },
      pod: { volumes: [{ name: 'conf', configMap: { name: 'conf' } }] },
    }),
    waiting(namespace, 'orders-canary', { replicas: 0 }),
    waiting(namespace, 'unpulled', { container: { image: 'kdev-test/not-there:1' } }),
    waiting(namespace, 'unready', {
      container: { ...probed, ports: [{ name: 'late', containerPort: 1 }] },
    }),
    waiting(namespace, 'restarting', { container: { command: ['node', '-e', restartable] } }),
    waiting(namespace, 'crashing', { container: { command: ['node', '-e', 'process.exit(9)'] } }),
  );
  for (const name of ['orders', 'restarting']) {
    await kubectl('rollout', 'status', `deployment/${name}`, '-n', namespace, '--timeout=60s');
  }
}, 180_000);

afterAll(() => stage.close());

/** Collects what is told of a target until it is stopped. */
function follow(target: Target) {
  const changes: TargetChange[] = [];
  const ended = new AbortController();
  const onChange = (change: TargetChange): void => void changes.push(change);
  const following = followTarget(cluster, target, { signal: ended.signal, onChange });
  following.catch((error: unknown) => {
    if (!ended.signal.aborted) throw error;
  });
  return { changes, stop: () => ended.abort() };
}

const find = (target: string, change: object = {}) =>
  findTarget(cluster, { namespace, target, ...change }, within(5));

describe('scenario 41: what is not there is told with what is', () => {
  test('an API server that answers says its version', async () => {
    expect(await greetCluster(cluster, within(5))).toMatch(/^v1\./);
  });

  test('an unknown context, with near names', () => {
    const { kubeconfig, context } = inject('ground').cluster;
    const chosen = { value: `${context}x`, from: '--context' };
    expect(() => stage.cluster(kubeconfig, chosen)).toThrow(
      expect.objectContaining({
        code: 'KDEV2402',
        evidence: expect.stringContaining(`near: ${context}`),
      }),
    );
  });

  test('an unknown namespace', async () => {
    const wrong = `${namespace}0`;
    await expect(find('deploy/orders', { namespace: wrong })).rejects.toMatchObject({
      code: 'KDEV5001',
      evidence: expect.stringContaining(namespace),
    });
  });

  test('an unknown deployment', async () => {
    await expect(find('deployment/ordres')).rejects.toMatchObject({
      code: 'KDEV5002',
      fact: `namespace ${namespace} has no deployment ordres`,
      evidence: expect.stringContaining('near: orders'),
    });
  });

  test('a deployment of another namespace', async () => {
    const elsewhere = find('deployment/orders', { namespace: 'default' });
    await expect(elsewhere).rejects.toMatchObject({
      code: 'KDEV5002',
      // Of several namespaces some are named.
      evidence: expect.stringMatching(/there is one in: \S+/),
    });
  });

  test('an unknown pod', async () => {
    await expect(find('pod/orders')).rejects.toMatchObject({
      code: 'KDEV5002',
      evidence: expect.stringMatching(/near: orders-/),
    });
  });

  test('a name that would leave its place in a path', async () => {
    await expect(find('pod/..%2f..')).rejects.toMatchObject({
      code: expect.stringMatching(/^KDEV/),
    });
  });

  test('an unknown container', async () => {
    await expect(find('deploy/orders', { container: 'apo' })).rejects.toMatchObject({
      code: 'KDEV5004',
      evidence: 'containers: app',
    });
  });

  test.each([
    ['unpulled', /ErrImage(NeverPull|Pull)|ImagePullBackOff/],
    ['unready', /Startup probe failed/],
    ['crashing', /ended with 9/],
  ])('a deployment without a ready pod: %s', async (name, why) => {
    await eventually('the reason', { deadlineMs: 20_000, everyMs: 500 }, async () => {
      await expect(find(`deployment/${name}`)).rejects.toMatchObject({
        code: 'KDEV5003',
        fact: `deployment/${name} in namespace ${namespace} has no ready pod`,
        evidence: expect.stringMatching(why),
      });
    });
  });

  test('a deployment scaled to 0', async () => {
    await expect(find('deployment/orders-canary')).rejects.toMatchObject({
      code: 'KDEV5003',
      fact: expect.stringContaining('is scaled to 0'),
    });
  });
});

describe('scenario 41: an API server that does not answer, or does not know us, in 5 s', () => {
  const greet = async (kubeconfig: string) =>
    await greetCluster(stage.cluster(kubeconfig), within(6));

  test('nobody listens', async () => {
    const file = await stage.kubeconfig({}, 'https://127.0.0.1:1');
    await expect(greet(file)).rejects.toMatchObject({
      code: 'KDEV4001',
      evidence: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('nobody answers', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const startedAt = performance.now();
    const file = await stage.kubeconfig({}, `https://127.0.0.1:${port}`);
    await expect(greet(file)).rejects.toMatchObject({ code: 'KDEV4001' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    silent.close();
  });

  test('credentials that have expired', async () => {
    const file = await stage.kubeconfig({ token: 'expired' });
    await expect(greet(file)).rejects.toMatchObject({ code: 'KDEV3001' });
    const stranger = stage.cluster(file);
    await expect(
      findTarget(stranger, { namespace, target: 'deploy/orders' }, within(5)),
    ).rejects.toMatchObject({ code: 'KDEV3001' });
  });

  test('credentials from a plugin let us in', async () => {
    const token = await kubectl('create', 'token', 'default', '-n', namespace);
    const print = `console.log(JSON.stringify({ kind: 'ExecCredential', status: { token: '${token}' } }))`;
    const apiVersion = 'client.authentication.k8s.io/v1';
    const file = await stage.kubeconfig({
      exec: {
        apiVersion,
        command: process.execPath,
        args: ['-e', print],
        interactiveMode: 'Never',
      },
    });
    const known = stage.cluster(file);
    await expect(
      findTarget(known, { namespace, target: 'deploy/orders' }, within(5)),
    ).rejects.toMatchObject({
      code: 'KDEV3101',
      fact: expect.stringContaining(':default may not'),
    });
  });

  test('a certificate that the kubeconfig does not vouch for', async () => {
    const { server } = cluster;
    const file = await stage.kubeconfig({ token: 'x' }, server.replace('127.0.0.1', '127.0.0.2'));
    await expect(greet(file)).rejects.toMatchObject({ code: expect.stringMatching(/KDEV400[12]/) });
  });

  test('a user who may not look', async () => {
    const blind = stage.cluster(await stage.userOf(namespace, []));
    await expect(
      findTarget(blind, { namespace, target: 'deploy/orders' }, within(5)),
    ).rejects.toMatchObject({
      code: 'KDEV3101',
      fact: expect.stringMatching(/may not get deployments.apps in namespace/),
    });
  });
});

describe('a target', () => {
  test('is described as the cluster holds it', async () => {
    const target = await find('deploy/orders');
    const pod = JSON.parse(await kubectl('get', 'pod', target.pod, '-n', namespace, '-o', 'json'));
    expect(target).toMatchObject({
      name: 'deployment/orders',
      podUid: pod.metadata.uid,
      podAddress: pod.status.podIP,
      node: pod.spec.nodeName,
      container: 'app',
      ports: [{ port: 8080, name: 'web', protocol: 'TCP' }],
      probePorts: [9000],
      readyPods: 1,
    });
    expect(pod.status.containerStatuses[0].containerID).toContain(target.containerId);
    expect(target.mounts.map(({ path, kind, token }) => ({ path, kind, token }))).toEqual([
      { path: '/etc/app', kind: 'configMap', token: false },
      { path: '/var/run/secrets/kubernetes.io/serviceaccount', kind: 'projected', token: true },
    ]);
    expect(await find(`pod/${target.pod}`)).toEqual({
      ...target,
      name: `pod/${target.pod}`,
      kind: 'pod',
    });
  });

  test('scenario 40: a container that starts anew is told, with its new id', async () => {
    const former = await find('deploy/restarting');
    const { changes, stop } = follow(former);
    await kubectl('exec', former.pod, '-n', namespace, '--', 'sh', '-c', 'kill -TERM 1');
    await eventually('the new container', { deadlineMs: 10_000 }, () => {
      expect(changes).toContainEqual({
        kind: 'restarted',
        containerId: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
    });
    stop();
    expect(changes).not.toContainEqual({ kind: 'restarted', containerId: former.containerId });
  });

  test('scenario 40: a pod that is replaced is told, and its successor found', async () => {
    const former = await find('deploy/orders');
    const { changes, stop } = follow(former);
    await kubectl('delete', 'pod', former.pod, '-n', namespace, '--grace-period=2', '--wait=false');
    await eventually('the pod’s end', { deadlineMs: 10_000 }, () => {
      expect(changes.map(({ kind }) => kind)).toContain('leaving');
      expect(changes.at(-1)).toEqual({ kind: 'gone' });
    });
    stop();
    const query = { namespace, target: 'deploy/orders' };
    const search = { former, timeoutMs: 20_000, signal: within(30) };
    const successor = await findSuccessor(cluster, query, search);
    expect(successor.podUid).not.toBe(former.podUid);
  });

  test('scenario 40: scaled to 0, no successor is found, and why', async () => {
    const former = await find('deploy/orders');
    await kubectl('scale', 'deployment/orders', '-n', namespace, '--replicas=0');
    await expect(
      findSuccessor(
        cluster,
        { namespace, target: 'deploy/orders' },
        { former, timeoutMs: 3_000, signal: within(10) },
      ),
    ).rejects.toMatchObject({ code: 'KDEV5007', evidence: expect.stringContaining('scaled to 0') });
  });
});
