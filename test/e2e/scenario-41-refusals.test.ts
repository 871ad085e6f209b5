import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../run/shell.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { type Kubeconfig, writeKubeconfig } from './kubeconfig.ts';
import { expectPromptRefusals, expectRefusal, type Refusal } from './refusal.ts';
import { World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await World.open();
  await world.deploy({ name: 'orders', language: 'c' });
});
afterAll(() => world[Symbol.asyncDispose]());
afterAll(expectPromptRefusals);

const refused = (refusal: Refusal) => expectRefusal(world, refusal);

/** The environment with a kubeconfig that differs from the world's. */
async function withKubeconfig(edit: (config: Kubeconfig) => void): Promise<Record<string, string>> {
  const file = path.join(world.folder, 'changed-kubeconfig');
  const config = structuredClone(world.kubeconfigContent);
  edit(config);
  await writeKubeconfig(file, config);
  return { KUBECONFIG: file };
}

function withServer(config: Kubeconfig, server: string): void {
  for (const { cluster } of config.clusters) cluster.server = server;
}

function withToken(config: Kubeconfig, token: string): void {
  for (const entry of config.users) entry.user = { token };
}

test('scenario 41: unknown target: near names are listed', () =>
  refused({
    xKdev: { target: 'deployment/ordres' },
    code: 'KDEV5002',
    exitCode: 51,
    actors: ['you can'],
    says: ['deployment ordres', world.namespace, /near: +orders/],
  }));

test('scenario 41: unknown namespace', () =>
  refused({
    xKdev: { namespace: `${world.namespace}x` },
    code: 'KDEV5001',
    exitCode: 50,
    actors: ['you can'],
    says: [`${world.namespace}x`, new RegExp(`${world.namespace}\\b`)],
  }));

test('scenario 41: unknown context', () =>
  refused({
    xKdev: { context: 'kdev-test-e3e' },
    code: 'KDEV2402',
    exitCode: 24,
    actors: ['you can'],
    says: ['kdev-test-e3e', world.ground.cluster.context],
  }));

test('scenario 41: unknown container', () =>
  refused({
    xKdev: { container: 'ap' },
    code: 'KDEV5004',
    exitCode: 53,
    actors: ['you can'],
    says: [/\bap\b/, /\bapp\b/],
  }));

test('scenario 41: nobody listens where the API server should be', async () => {
  const port = await freePort();
  const env = await withKubeconfig((config) => withServer(config, `https://127.0.0.1:${port}`));
  await refused({
    env,
    code: 'KDEV4001',
    exitCode: 40,
    actors: ['you can'],
    says: [`127.0.0.1:${port}`, 'ECONNREFUSED'],
  });
});

test('scenario 41: the API server does not answer', async () => {
  world.way.state = 'swallows';
  try {
    const says = [`127.0.0.1:${world.way.port}`];
    await refused({ code: 'KDEV4001', exitCode: 40, actors: ['you can'], says });
  } finally {
    world.way.state = 'passes';
    world.way.cut();
  }
});

test("scenario 41: an API server whose certificate is another's", async () => {
  const env = await withKubeconfig((config) => {
    for (const { cluster } of config.clusters) cluster['tls-server-name'] = 'other.example';
  });
  await refused({
    env,
    code: 'KDEV4002',
    exitCode: 41,
    actors: ['you can'],
    says: ['other.example', 'is not trusted'],
  });
});

test('scenario 41: what answers in place of the API server is quoted', async () => {
  const gateway = createServer((_, response) => {
    response.writeHead(503).end('no healthy upstream');
  });
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  const { port } = gateway.address() as AddressInfo;
  try {
    const env = await withKubeconfig((config) => withServer(config, `http://127.0.0.1:${port}`));
    await refused({
      env,
      code: 'KDEV4003',
      exitCode: 42,
      actors: ['an admin'],
      says: ['answers 503', 'no healthy upstream'],
    });
  } finally {
    gateway.close();
  }
});

test('scenario 41: credentials that the cluster does not accept any more', async () => {
  const env = await withKubeconfig((config) => withToken(config, 'expired'));
  await refused({
    env,
    code: 'KDEV3001',
    exitCode: 30,
    actors: ['you can'],
    says: ['Unauthorized'],
  });
});

test('scenario 41: RBAC denies what kdev needs: verb and resource are named', async () => {
  const name = 'looks-only';
  const subjects = [{ kind: 'ServiceAccount', name, namespace: world.namespace }];
  const group = 'rbac.authorization.k8s.io';
  await world.apply(
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
    {
      apiVersion: `${group}/v1`,
      kind: 'Role',
      metadata: { name },
      rules: [{ apiGroups: ['', 'apps'], resources: ['*'], verbs: ['get', 'list', 'watch'] }],
    },
    {
      apiVersion: `${group}/v1`,
      kind: 'RoleBinding',
      metadata: { name },
      roleRef: { apiGroup: group, kind: 'Role', name },
      subjects,
    },
  );
  const token = await world.kubectl('create', 'token', name);
  const env = await withKubeconfig((config) => withToken(config, token));
  await refused({
    env,
    code: 'KDEV3101',
    exitCode: 31,
    actors: ['an admin'],
    says: [/create jobs/, name],
  });
});

test('scenario 41: Pod Security refuses the agent: every violation is named', async () => {
  const label = 'pod-security.kubernetes.io/enforce';
  await world.kubectl('label', 'namespace', world.namespace, `${label}=baseline`);
  try {
    await refused({
      code: 'KDEV3102',
      exitCode: 32,
      actors: ['an admin'],
      says: ['baseline', 'hostPID', 'NET_ADMIN', 'SYS_ADMIN', `${label}=privileged`],
    });
  } finally {
    await world.kubectl('label', 'namespace', world.namespace, `${label}-`);
  }
});

test.each([
  ['jobs', { 'count/jobs.batch': '0' }],
  ['pods', { pods: '1' }],
  ['memory', { 'limits.memory': '1Mi' }],
])('scenario 41: a quota of %s leaves no room for the agent', async (_, hard) => {
  await world.apply({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'little' },
    spec: { hard },
  });
  try {
    await world.kubectl(
      ...['wait', '--for=jsonpath={.status.hard}', 'resourcequota/little', '--timeout=10s'],
    );
    await refused({ code: 'KDEV3104', exitCode: 33, actors: ['an admin'], says: ['little'] });
  } finally {
    await world.kubectl('delete', 'resourcequota', 'little');
  }
});

test('scenario 41: a policy of the cluster refuses the agent, in its own words', async () => {
  const name = `no-agents-${world.namespace}`;
  const metadata = { name };
  const group = 'admissionregistration.k8s.io';
  const only = { matchLabels: { 'kubernetes.io/metadata.name': world.namespace } };
  await world.apply(
    {
      apiVersion: `${group}/v1`,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
          ],
        },
        validations: [{ expression: '!object.spec.hostPID', message: 'no pod may see the node' }],
      },
    },
    {
      apiVersion: `${group}/v1`,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: {
        policyName: name,
        validationActions: ['Deny'],
        matchResources: { namespaceSelector: only },
      },
    },
  );
  try {
    await eventually('the policy is in force', { deadlineMs: 20_000 }, async () => {
      const overrides = '--overrides={"spec":{"hostPID":true}}';
      const pod = ['run', 'seer', '--image=none', '--dry-run=server', overrides];
      await expect(world.kubectl(...pod)).rejects.toThrow('no pod may see the node');
    });
    await refused({
      code: 'KDEV3103',
      exitCode: 32,
      actors: ['an admin'],
      says: ['no pod may see the node', 'x-kdev.agent.namespace'],
    });
  } finally {
    await world.kubectl(
      'delete',
      'validatingadmissionpolicybinding,validatingadmissionpolicy',
      name,
    );
  }
});

test("scenario 41: the cluster cannot pull the agent's image", async () => {
  const image = `kdev-test/runtime:only-here-${world.namespace}`;
  await run('docker', ['tag', world.ground.image, image]);
  try {
    await refused({
      env: { KDEV_IMAGE: image },
      code: 'KDEV7001',
      exitCode: 70,
      actors: ['you can'],
      says: [image],
    });
  } finally {
    await run('docker', ['image', 'rm', image]);
  }
});

test('scenario 41: a target that declares no port', async () => {
  await world.deploy({ name: 'portless', language: 'c', container: { ports: [] } });
  await refused({
    xKdev: { target: 'deployment/portless' },
    code: 'KDEV5006',
    exitCode: 55,
    actors: ['you can'],
    says: ['container app of deployment/portless', 'incoming: {ports:'],
  });
});

test('scenario 41: the target has no ready pod', async () => {
  await world.kubectl('scale', 'deployment', 'orders', '--replicas=0');
  await world.kubectl('wait', '--for=delete', 'pod', '-l', 'app=orders', '--timeout=30s');
  try {
    await refused({
      code: 'KDEV5003',
      exitCode: 52,
      actors: ['you can'],
      says: ['scaled to 0', 'kubectl scale'],
    });
  } finally {
    await world.kubectl('scale', 'deployment', 'orders', '--replicas=1');
  }
});
