import { describe, expect, test } from 'vitest';
import { choosePod } from './choose-pod.ts';
import { ownPods, type RawDeployment, selectorText } from './deployment-pods.ts';
import { describeTarget } from './find-target.ts';
import { chooseContainer, type RawContainer, type RawPod } from './pod-container.ts';
import { isReady, whyNotReady } from './pod-state.ts';

const id = 'ab'.repeat(32);

function pod(change: { meta?: object; spec?: object; status?: object } = {}): RawPod {
  return {
    metadata: {
      name: 'orders-1-x',
      uid: 'uid-x',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { 'pod-template-hash': '1' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'orders-1', uid: 'r', controller: true },
      ],
      ...change.meta,
    },
    spec: {
      nodeName: 'node-3',
      containers: [{ name: 'app', image: 'shop/orders' }],
      ...change.spec,
    },
    status: {
      phase: 'Running',
      podIP: '10.1.2.3',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        {
          name: 'app',
          image: '',
          imageID: '',
          ready: true,
          restartCount: 0,
          containerID: `containerd://${id}`,
          state: { running: {} },
        },
      ],
      ...change.status,
    },
  };
}

const wanted = { kind: 'deployment', name: 'orders' } as const;
const query = { namespace: 'shop', target: 'deploy/orders' };
const describe1 = (one: RawPod) => describeTarget(one, { wanted, query, readyPods: 2 });

test('a pod as a target', () => {
  expect(describe1(pod())).toEqual({
    name: 'deployment/orders',
    kind: 'deployment',
    namespace: 'shop',
    pod: 'orders-1-x',
    podUid: 'uid-x',
    podAddress: '10.1.2.3',
    hostname: 'orders-1-x',
    node: 'node-3',
    hostNetwork: false,
    container: 'app',
    containerFrom: 'the only one',
    containerId: id,
    image: 'shop/orders',
    pullSecrets: [],
    ports: [],
    probePorts: [],
    mounts: [],
    readyPods: 2,
  });
});

test('the host name as the pod sees it', () => {
  expect(
    describe1(pod({ spec: { nodeName: 'n', hostname: 'db', containers: [{ name: 'app' }] } }))
      .hostname,
  ).toBe('db');
  const onHost = { nodeName: 'n', hostNetwork: true, containers: [{ name: 'app' }] };
  expect(describe1(pod({ spec: onHost }))).toMatchObject({ hostname: 'n', hostNetwork: true });
});

test.each([
  ['without an id', { status: { containerStatuses: [] } }],
  [
    'with an id of another shape',
    { status: { containerStatuses: [{ name: 'app', containerID: 'containerd://../x' }] } },
  ],
  ['without an address', { status: { podIP: undefined } }],
])('a pod %s is not ready', (_, change) => {
  expect(() => describe1(pod(change))).toThrow(expect.objectContaining({ code: 'KDEV5003' }));
});

const probing: RawContainer = {
  name: 'app',
  ports: [
    { name: 'web', containerPort: 8080 },
    { containerPort: 53, protocol: 'UDP' },
  ],
  livenessProbe: { httpGet: { port: 'web' } },
  readinessProbe: { tcpSocket: { port: 9000 } },
  startupProbe: { grpc: { port: 9001 } },
};

test('declared ports and those that are probed, in every container that runs', () => {
  const mesh: RawContainer = { name: 'mesh', livenessProbe: { httpGet: { port: '15021' } } };
  const native: RawContainer = {
    name: 'n',
    restartPolicy: 'Always',
    startupProbe: { tcpSocket: { port: 4191 } },
  };
  const once: RawContainer = { name: 'o', startupProbe: { tcpSocket: { port: 1 } } };
  const spec = { nodeName: 'n', containers: [probing, mesh], initContainers: [native, once] };
  const target = describe1(pod({ spec }));
  expect(target.ports).toEqual([
    { port: 8080, name: 'web', protocol: 'TCP' },
    { port: 53, protocol: 'UDP' },
  ]);
  expect(target.probePorts).toEqual([4191, 8080, 9000, 9001, 15021]);
});

test('mounts, by what their volumes are', () => {
  const volumes = [
    { name: 'c', configMap: { name: 'conf' } },
    { name: 's', secret: { secretName: 'sec' } },
    { name: 't', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
    { name: 'e', emptyDir: {} },
    { name: 'p', persistentVolumeClaim: { claimName: 'data' } },
    { name: 'h', hostPath: { path: '/x' } },
    { name: 'd', downwardAPI: {} },
    { name: 'n', nfs: { server: 's', path: '/' } },
  ];
  const volumeMounts = [
    { name: 'c', mountPath: '/etc/app', readOnly: true },
    { name: 'c', mountPath: '/etc/one.conf', subPath: 'one.conf' },
    ...['s', 't', 'e', 'p', 'h', 'd', 'n'].map((name) => ({ name, mountPath: `/${name}` })),
  ];
  const spec = { nodeName: 'n', volumes, containers: [{ name: 'app', volumeMounts }] };
  const { mounts } = describe1(pod({ spec }));
  expect(mounts.map(({ path, kind }) => `${path} ${kind}`)).toEqual([
    '/etc/app configMap',
    '/etc/one.conf configMap',
    '/s secret',
    '/t projected',
    '/e emptyDir',
    '/p persistentVolumeClaim',
    '/h hostPath',
    '/d downwardAPI',
    '/n other',
  ]);
  expect(mounts[0]).toMatchObject({ readOnly: true, subPath: false, token: false });
  expect(mounts[1]).toMatchObject({ readOnly: false, subPath: true });
  expect(mounts[3]).toMatchObject({ token: true });
});

describe('which container', () => {
  const containers = [{ name: 'istio-proxy' }, { name: 'app' }, { name: 'log' }];
  const choose = (name?: string, annotations = {}) =>
    chooseContainer(pod({ meta: { name: 'p', annotations }, spec: { containers } }), name);

  test('the first that is no sidecar of a mesh', () => {
    expect(choose()).toMatchObject({ container: { name: 'app' }, from: 'the first of 3' });
  });

  test('the annotated one; an annotation that names none is no help', () => {
    const key = 'kubectl.kubernetes.io/default-container';
    expect(choose(undefined, { [key]: 'log' }).container.name).toBe('log');
    expect(choose(undefined, { [key]: 'gone' }).container.name).toBe('app');
  });

  test('the named one, also a sidecar', () => {
    expect(choose('istio-proxy')).toMatchObject({
      container: { name: 'istio-proxy' },
      from: 'named',
    });
  });

  test('an unknown one: the known are listed', () => {
    expect(() => choose('ap')).toThrow(
      expect.objectContaining({
        code: 'KDEV5004',
        fact: 'pod p has no container ap, did you mean app?',
        evidence: 'containers: istio-proxy, app, log',
        hints: [
          expect.objectContaining({ text: 'give --container or x-kdev.container one of them' }),
        ],
      }),
    );
  });
});

describe('which pod', () => {
  const at = (name: string, hash: string, time: string) =>
    pod({ meta: { name, labels: { 'pod-template-hash': hash }, creationTimestamp: time } });

  test('the oldest of the newest revision', () => {
    const pods = [
      at('old', '1', '2026-01-01T00:00:00Z'),
      at('new-b', '2', '2026-01-02T00:00:05Z'),
      at('new-a', '2', '2026-01-02T00:00:00Z'),
      at('new-0', '2', '2026-01-02T00:00:00Z'),
    ];
    expect(choosePod(pods)?.metadata?.name).toBe('new-0');
    expect(choosePod(pods.reverse())?.metadata?.name).toBe('new-0');
    expect(choosePod([])).toBeUndefined();
  });

  test('only pods of the deployment’s own replica sets', () => {
    const deployment: RawDeployment = { metadata: { name: 'orders' } };
    const canary = pod({
      meta: {
        labels: { 'pod-template-hash': '1' },
        ownerReferences: [
          {
            apiVersion: '',
            kind: 'ReplicaSet',
            name: 'orders-canary-1',
            uid: '',
            controller: true,
          },
        ],
      },
    });
    const own = pod();
    expect(ownPods(deployment, [canary, own, pod({ meta: { ownerReferences: [] } })])).toEqual([
      own,
    ]);
  });

  test('a selector as a query', () => {
    const selector = {
      matchLabels: { app: 'orders', tier: 'a' },
      matchExpressions: [
        { key: 'track', operator: 'In', values: ['x', 'y'] },
        { key: 'zone', operator: 'NotIn', values: ['z'] },
        { key: 'has', operator: 'Exists' },
        { key: 'no', operator: 'DoesNotExist' },
      ],
    };
    const deployment = { spec: { selector, template: {} } };
    expect(selectorText(deployment)).toBe(
      'app=orders,tier=a,track in (x,y),zone notin (z),has,!no',
    );
  });
});

describe('readiness', () => {
  test('a terminating pod is not ready, whatever its phase and conditions say', () => {
    expect(isReady(pod())).toBe(true);
    expect(isReady(pod({ meta: { deletionTimestamp: '2026-01-01T00:00:00Z' } }))).toBe(false);
    expect(isReady(pod({ status: { phase: 'Pending' } }))).toBe(false);
    expect(isReady(pod({ status: { conditions: [] } }))).toBe(false);
  });

  const container = (state: object, more: object = {}) => ({
    containerStatuses: [{ name: 'app', ready: false, restartCount: 4, state, ...more }],
  });
  const crashed = { lastState: { terminated: { exitCode: 1 } } };

  test.each([
    [{ meta: { deletionTimestamp: 'x' } }, 'it is being deleted'],
    [
      {
        status: {
          conditions: [
            {
              type: 'PodScheduled',
              status: 'False',
              reason: 'Unschedulable',
              message: '0/3 nodes',
            },
          ],
        },
      },
      'Unschedulable: 0/3 nodes',
    ],
    [
      { status: { phase: 'Failed', reason: 'Evicted', message: 'low on memory' } },
      'Failed: Evicted: low on memory',
    ],
    [
      { status: container({ waiting: { reason: 'ImagePullBackOff', message: 'no such image' } }) },
      'container app ImagePullBackOff: no such image',
    ],
    [
      { status: container({ waiting: { reason: 'CrashLoopBackOff' } }, crashed) },
      'container app (ended with 1 before, 4 restarts) CrashLoopBackOff',
    ],
    [
      { status: container({ terminated: { exitCode: 137, reason: 'OOMKilled' } }) },
      'container app ended with 137 (OOMKilled)',
    ],
    [{ status: container({ running: {} }) }, 'container app runs but is not ready'],
    [{ status: { phase: 'Pending', containerStatuses: undefined } }, 'phase Pending'],
  ])('why: %j', (change, why) => {
    expect(whyNotReady(pod(change))).toEqual([why]);
  });
});
