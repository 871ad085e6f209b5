import { expect, test } from 'vitest';
import type { AgentRecord } from './agent-objects.ts';
import { describeTargets, listTargets } from './list-targets.ts';
import type { RawPod } from './pod-container.ts';
import { clusterAt, serveHttp } from './test-server.ts';

const deployment = (name: string) => ({ metadata: { name } });

function pod(
  name: string,
  change: { owner?: [string, string]; meta?: object; phase?: string } = {},
) {
  const [kind = '', owner = ''] = change.owner ?? [];
  const ownerReferences =
    kind === '' ? [] : [{ apiVersion: '', uid: '', kind, name: owner, controller: true }];
  const ports = [
    { containerPort: 8080, name: 'http' },
    { containerPort: 53, protocol: 'UDP' },
  ];
  return {
    metadata: { name, uid: `uid-${name}`, ownerReferences, ...change.meta },
    spec: { nodeName: 'node-1', containers: [{ name: 'app', image: 'orders:1', ports }] },
    status: {
      phase: change.phase ?? 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  } as RawPod;
}

const orders = pod('orders-1-x', {
  owner: ['ReplicaSet', 'orders-1'],
  meta: { labels: { 'pod-template-hash': '1' } },
});

function agent(change: Partial<AgentRecord>): AgentRecord {
  return {
    name: 'kdev-agent-1',
    namespace: 'shop',
    session: 's1',
    service: 'api',
    owner: 'ada@laptop',
    targetUid: 'uid-orders-1-x',
    target: 'shop/deployment/orders',
    mode: 'steal',
    ports: [8080],
    since: new Date(0),
    ended: false,
    ...change,
  };
}

const nothing = { pods: [], deployments: [], others: [], agents: [] };

test('a deployment stands before its pods, and both are held by who is on the pod', () => {
  const targets = describeTargets({
    ...nothing,
    pods: [orders],
    deployments: [deployment('orders')],
    agents: [agent({}), agent({ targetUid: 'uid-other' }), agent({ ended: true })],
  });
  const held = {
    owner: 'ada@laptop',
    session: 's1',
    service: 'api',
    mode: 'steal',
    ports: [8080],
    since: new Date(0),
    agent: 'shop/kdev-agent-1',
  };
  const common = {
    isSupported: true,
    readyPods: 1,
    pods: 1,
    pod: 'orders-1-x',
    container: 'app',
    image: 'orders:1',
    node: 'node-1',
    // Only TCP is intercepted.
    ports: [{ port: 8080, name: 'http', protocol: 'TCP' }],
    heldBy: [held],
  };
  expect(targets).toEqual([
    { target: 'deployment/orders', ...common },
    { target: 'pod/orders-1-x', partOf: 'deployment/orders', ...common },
  ]);
});

test('other kinds are listed as not supported, and their pods can be named', () => {
  const targets = describeTargets({
    ...nothing,
    pods: [pod('db-0', { owner: ['StatefulSet', 'db'] })],
    others: [
      { target: 'cronjob/night', kind: 'CronJob', name: 'night' },
      { target: 'statefulset/db', kind: 'StatefulSet', name: 'db' },
    ],
  });
  expect(targets.map(({ target, isSupported, pods }) => [target, isSupported, pods])).toEqual([
    ['statefulset/db', false, 1],
    ['cronjob/night', false, 0],
    ['pod/db-0', true, 1],
  ]);
});

test("kdev's own agents and finished pods are no targets", () => {
  const own = { labels: { 'app.kubernetes.io/managed-by': 'kdev' } };
  const pods = [pod('agent', { meta: own }), pod('done', { phase: 'Succeeded' })];
  expect(describeTargets({ ...nothing, pods })).toEqual([]);
});

test('a target without a ready pod offers no ports', () => {
  const [target] = describeTargets({ ...nothing, pods: [pod('late', { phase: 'Pending' })] });
  expect(target).toMatchObject({ target: 'pod/late', readyPods: 0, pods: 1, ports: [] });
});

test('what the user may not list is a gap and no failure; without pods there is nothing to tell', async () => {
  const denied = (resource: string) => ({
    kind: 'Status',
    message: `User "ada" cannot list resource "${resource}" in API group "" in the namespace "shop"`,
  });
  let mayListPods = true;
  const server = await serveHttp((request, response) => {
    const isPods = request.url?.includes('/pods') ?? false;
    const isAllowed = isPods && mayListPods;
    response.statusCode = isAllowed ? 200 : 403;
    response.end(JSON.stringify(isAllowed ? { items: [pod('a')] } : denied('things')));
  });
  const cluster = clusterAt(server.url);
  try {
    const { targets, gaps } = await listTargets(cluster, AbortSignal.timeout(5_000));
    expect(targets.map(({ target }) => target)).toEqual(['pod/a']);
    expect(gaps).toEqual([
      'you may not list deployments here',
      'you may not list jobs here, so other sessions are not seen',
    ]);
    mayListPods = false;
    await expect(listTargets(cluster, AbortSignal.timeout(5_000))).rejects.toMatchObject({
      code: 'KDEV3101',
    });
  } finally {
    cluster.close();
    await server.close();
  }
});
