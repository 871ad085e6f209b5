import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../run/shell.ts';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import type { Pod } from './pod.ts';
import type { Project } from './project.ts';
import { World } from './world.ts';

const services = ['static', 'node'] as const;
const shown = {
  'a ConfigMap': '/etc/orders/config/app.conf',
  'one key of a ConfigMap as a single file': '/etc/orders/single.conf',
  'a Secret': '/etc/orders/secret/password',
  'a projected token': '/var/run/orders/token',
  'a projected field': '/var/run/orders/labels',
  "the service account's token": '/var/run/secrets/kubernetes.io/serviceaccount/token',
  'an emptyDir': '/var/cache/orders/cached',
  'a hostPath': '/host/kubelet.yaml',
};
let world: World;
let target: Pod;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  await world.apply(settings('first'), {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'orders' },
    stringData: { password: 'a secret with\na second line' },
  });
  target = await world.deploy({
    name: 'orders',
    language: 'python',
    container: {
      volumeMounts: [
        { name: 'config', mountPath: '/etc/orders/config' },
        { name: 'config', mountPath: '/etc/orders/single.conf', subPath: 'app.conf' },
        { name: 'secret', mountPath: '/etc/orders/secret', readOnly: true },
        { name: 'identity', mountPath: '/var/run/orders' },
        { name: 'cache', mountPath: '/var/cache/orders' },
        { name: 'host', mountPath: '/host', readOnly: true },
      ],
    },
    pod: {
      volumes: [
        { name: 'config', configMap: { name: 'orders' } },
        { name: 'secret', secret: { secretName: 'orders', defaultMode: 0o400 } },
        { name: 'identity', projected: { sources: identity } },
        { name: 'cache', emptyDir: {} },
        { name: 'host', hostPath: { path: '/etc/kdev', type: 'Directory' } },
      ],
    },
  });
  await inThePod('printf cached > /var/cache/orders/cached');
  const xKdev = {
    target: 'deployment/orders',
    incoming: 'off',
    files: { read: ['/var/cache/orders', '/host'] },
  };
  project = await world.project({
    services: {
      static: composeApp({ language: 'go', xKdev }),
      node: composeApp({ language: 'node', xKdev }),
    },
  });
  await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());

const identity = [
  { serviceAccountToken: { path: 'token', audience: 'orders', expirationSeconds: 600 } },
  { configMap: { name: 'orders', items: [{ key: 'app.conf', path: 'copy.conf' }] } },
  { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
];

function settings(content: string) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'orders' },
    data: { 'app.conf': content, 'other.conf': 'unchanged' },
  };
}

async function inThePod(script: string): Promise<string> {
  return await world.kubectl('exec', target.name, '--', 'sh', '-c', script);
}

const fileInPod = (path: string) => target.ask('GET', `/file?path=${path}`);
const fileInService = (service: string, path: string) =>
  project.ask(service, 'GET', `/file?path=${path}`);

async function contentInService(service: string, path: string): Promise<string> {
  const { base64, error } = await fileInService(service, path);
  return error === undefined ? Buffer.from(String(base64), 'base64').toString() : String(error);
}

describe.each(services)('%s', (service) => {
  test.each(Object.entries(shown))('scenario 28: %s: %s', async (_, path) => {
    const inThePod = await fileInPod(path);
    expect(inThePod).toMatchObject({ size: expect.any(Number) });
    expect(await fileInService(service, path)).toEqual(inThePod);
  });

  test('scenario 28: directories hold the same names', async () => {
    for (const path of ['/etc/orders/config', '/etc/orders/secret', '/host', '/var/cache/orders']) {
      const query = `/directory?path=${path}`;
      expect(await project.ask(service, 'GET', query)).toEqual(await target.ask('GET', query));
    }
  });

  test('scenario 28: what is shown cannot be written to', async () => {
    for (const path of ['/etc/orders/config/new', '/var/cache/orders/new', '/host/new']) {
      const { error } = await project.ask(service, 'PUT', `/file?path=${path}`);
      expect([path, error]).toEqual([path, 'EROFS']);
    }
  });
});

test('scenario 28: a file that the pod writes into its emptyDir appears', async () => {
  await inThePod(
    'printf fresh > /var/cache/orders/fresh; printf changed > /var/cache/orders/cached',
  );
  for (const service of services) {
    await eventually('the service sees both files', { deadlineMs: 5_000 }, async () => {
      expect(await contentInService(service, '/var/cache/orders/fresh')).toBe('fresh');
      expect(await contentInService(service, '/var/cache/orders/cached')).toBe('changed');
    });
  }
});

test('scenario 28: a ConfigMap is updated, and so are its files; then the token is refreshed', async () => {
  const paths = ['/etc/orders/config/app.conf', '/var/run/orders/copy.conf'];
  await world.apply(settings('second'));
  // The kubelet looks at once when something of the pod changes.
  await world.kubectl('annotate', 'pod', target.name, 'kdev.dev/touched=yes');
  await eventually('the pod sees the update', { deadlineMs: 40_000 }, async () => {
    for (const path of paths) expect(await inThePod(`cat ${path}`)).toBe('second');
  });
  for (const service of services) {
    await eventually('the service sees the update', { deadlineMs: 3_000 }, async () => {
      for (const path of paths) expect(await contentInService(service, path)).toBe('second');
    });
    // A subPath keeps what it had at the pod's start, in the pod too.
    expect(await contentInService(service, '/etc/orders/single.conf')).toBe('first');
  }
  await refreshToken();
  for (const service of services) {
    await eventually('the service sees the new token', { deadlineMs: 3_000 }, async () => {
      expect(await contentInService(service, '/var/run/orders/token')).toBe('the next token');
    });
  }
});

test("scenario 27: the Kubernetes API answers the service with the pod's account", async () => {
  await world.apply(
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'reads-pods' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'reads-pods' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reads-pods' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: world.namespace }],
    },
  );
  const client = await project.client('node');
  const answer = await client.api(`/api/v1/namespaces/${world.namespace}/pods`);
  expect([answer.error, answer.status]).toEqual([undefined, 200]);
  expect(JSON.stringify(answer.body)).toContain(target.name);
});

/** What the kubelet does when four fifths of a token's time are over: it would take eight minutes. */
async function refreshToken(): Promise<void> {
  const volume = `/var/lib/kubelet/pods/${target.uid}/volumes/kubernetes.io~projected/identity`;
  const swap = [
    `cd ${volume}`,
    'cp -a "$(readlink ..data)" ..next',
    'printf "the next token" > ..next/token',
    'ln -s ..next ..data_tmp',
    'mv -T ..data_tmp ..data',
  ];
  const node = world.ground.cluster.container;
  await run('docker', ['exec', node, 'sh', '-c', swap.join(' && ')]);
}
