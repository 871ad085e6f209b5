import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { run } from '../run/shell.ts';
import { appManifests } from './app-manifests.ts';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { inDocker } from './leftovers.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

// Targets of two namespaces, through two contexts whose users may each enter one of them.
let world: World;
let client: PodClient;
let project: Project;
let second: string;

/** docs/cluster.md has them. */
const rights = [
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['pods/proxy'], verbs: ['get'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['create', 'patch', 'delete'] },
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list'] },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['create', 'delete', 'list', 'get'] },
];

const xKdev = {
  orders: { target: 'deployment/orders', incoming: 'steal' },
  billing: { target: 'deployment/billing', incoming: 'steal', context: 'second' },
};

beforeAll(async () => {
  world = await World.open();
  second = `${world.namespace}-second`;
  await world.kubectl('create', 'namespace', second);
  const [billing, service] = appManifests({ name: 'billing', language: 'c' });
  [client] = await Promise.all([
    world.client(),
    world.deploy({ name: 'orders', language: 'go' }),
    applyTo(second, billing, service),
    Promise.all([userOf(world.namespace), userOf(second)]).then(writeContexts),
  ]);
  await kubectlIn(second, 'rollout', 'status', 'deployment/billing', '--timeout=60s');
  project = await world.project(services());
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await kubectlIn(second, 'delete', 'namespace', second, '--wait=false');
});

/** `changes` replaces keys of a service; one without x-kdev has nothing of kdev's. */
function services(changes: Readonly<Record<string, object>> = {}) {
  const app = (name: string, more: object = {}) => ({
    ...composeApp({ language: 'c', environment: { NAME: `local-${name}` } }),
    ...more,
    ...changes[name],
  });
  return {
    services: {
      orders: app('orders', { 'x-kdev': xKdev.orders }),
      billing: app('billing', { 'x-kdev': xKdev.billing }),
      web: app('web', { depends_on: ['orders'] }),
      none: app('none', { 'x-kdev': xKdev.orders, scale: 0 }),
    },
  };
}

const kubectlIn = (namespace: string, ...args: string[]) =>
  world.kubectl('--namespace', namespace, ...args);

async function applyTo(namespace: string, ...objects: object[]): Promise<void> {
  const input = objects.map((one) => stringify(one)).join('---\n');
  await world.kubectlWith({ input }, '--namespace', namespace, 'apply', '-f', '-');
}

/** The token of a user who may have agents in one namespace, and nothing anywhere else. */
async function userOf(namespace: string): Promise<string> {
  const metadata = { name: 'developer' };
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'developer' };
  const subjects = [{ kind: 'ServiceAccount', name: 'developer', namespace }];
  await applyTo(
    namespace,
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion, kind: 'Role', metadata, rules: rights },
    { apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects },
  );
  return await kubectlIn(namespace, 'create', 'token', 'developer');
}

async function writeContexts([first = '', other = '']: readonly string[]): Promise<void> {
  const config = structuredClone(world.kubeconfigContent);
  const [{ context, name } = { context: {}, name: '' }] = config.contexts;
  await writeKubeconfig(world.kubeconfig, {
    ...config,
    users: [
      { name: 'first', user: { token: first } },
      { name: 'other', user: { token: other } },
    ],
    contexts: [
      { name, context: { ...context, user: 'first' } },
      { name: 'second', context: { ...context, user: 'other', namespace: second } },
    ],
  });
}

async function answers(apps: { readonly orders: string; readonly billing: string }): Promise<void> {
  await eventually(`${JSON.stringify(apps)} answer`, { deadlineMs: 20_000 }, async () => {
    const [orders, billing] = await Promise.all([
      client.request({ url: 'http://orders:8080/' }),
      client.request({ url: `http://billing.${second}:8080/` }),
    ]);
    expect({ orders: orders.body?.app, billing: billing.body?.app }).toEqual(apps);
  });
}

/** Of kdev's and of the project's, in Docker, in both namespaces. */
async function everything(): Promise<string[]> {
  const kdevs = [
    'get',
    'jobs,secrets,pods',
    '-l',
    'app.kubernetes.io/managed-by=kdev',
    '-o',
    'name',
  ];
  const [here, first, other] = await Promise.all([
    inDocker(project.name),
    kubectlIn(world.namespace, ...kdevs),
    kubectlIn(second, ...kdevs),
  ]);
  const names = here.map((line) => line.replace(/ \(.*/, ''));
  return [...new Set([...names, first, other])].filter(Boolean).sort();
}

async function containers(): Promise<string[]> {
  const names = await run('docker', [
    ...['ps', '--filter', `label=com.docker.compose.project=${project.name}`],
    ...['--format', '{{.Label "com.docker.compose.service"}}'],
  ]);
  return names.split('\n').filter(Boolean).sort();
}

const ofBoth = [
  'kdev-net-billing',
  'kdev-net-orders',
  'kdev-sidecar-billing',
  'kdev-sidecar-orders',
];

test('scenario 37: a dry run says what would be made where, and makes nothing', async () => {
  for (const line of [
    ['up', '--dry-run'],
    ['--dry-run', 'create'],
  ]) {
    const { code, stdout, output } = await project.kdev(['compose', ...line]);
    expect([code, output]).toEqual([0, expect.stringContaining('nothing was made')]);
    for (const [context, service] of [
      [world.namespace, 'orders'],
      [second, 'billing'],
    ]) {
      expect(stdout).toMatch(new RegExp(`, ${context} +Job +kdev-agent-\\S+-${service} +new`));
      expect(stdout).toMatch(
        new RegExp(`container +${project.name}-kdev-sidecar-${service}-1 +new`),
      );
    }
    expect(stdout).toMatch(new RegExp(`network +${project.name}_default +new`));
    expect(stdout).not.toContain('-none');
  }
  expect(await project.leftovers()).toEqual([]);
  expect(await everything()).toEqual([]);
});

test('scenario 37: one failing service does not take the others down', async () => {
  await project.write(services({ orders: { 'x-kdev': { target: 'deployment/ordres' } } }));
  const { code, output } = await project.kdev(['compose', 'up', '-d']);
  expect([code, output]).toEqual([51, expect.stringContaining('error[KDEV5002]')]);
  expect(output).toContain('web does not come up: it depends on orders');
  expect(await containers()).toEqual(['billing', 'kdev-net-billing', 'kdev-sidecar-billing']);
  await answers({ orders: 'target-orders', billing: 'local-billing' });
});

test('scenario 37: --fail-fast: the first failure ends it all, but not what was up', async () => {
  const before = await containers();
  const { code } = await project.kdev(['compose', 'up', '-d', '--fail-fast']);
  expect(code).toBe(51);
  expect(await containers()).toEqual(before);
});

test('scenario 37: mended, the rest comes up: two contexts, two users, one session', async () => {
  await project.write(services());
  const billing = await project.container('billing');
  await project.up();
  expect(await containers()).toEqual(['billing', ...ofBoth, 'orders', 'web']);
  expect(await project.container('billing')).toBe(billing);
  await answers({ orders: 'local-orders', billing: 'local-billing' });
  const jobs = await Promise.all(
    [world.namespace, second].map((one) => kubectlIn(one, 'get', 'jobs', '-o', 'name')),
  );
  expect(jobs).toEqual([
    expect.stringMatching(/-orders-\w+$/),
    expect.stringMatching(/-billing-\w+$/),
  ]);
});

test('scenario 37: config is what Compose runs, with a comment at each rewrite', async () => {
  const { stdout } = await project.compose('config');
  const plain = stdout.replace(/^ *# kdev: .*\n/gm, '');
  expect(plain).not.toContain('#');
  expect(parse(stdout)).toEqual(parse(plain));
  const next = (comment: RegExp) =>
    new RegExp(`# kdev: ${comment.source}.*\\n(.*)`).exec(stdout)?.[1];
  expect(next(/stands for deployment\/orders \(x-kdev in compose.yaml:\d+\)/)).toBe('  orders:');
  expect(next(/the holder of billing/)).toBe('  kdev-net-billing:');
  expect(next(/of the pod; the value is kept out of here/)).toMatch(/: \$\{KDEV_ENV_\d+\}$/);
  const json = await project.compose('config', '--format', 'json');
  expect(Object.keys(JSON.parse(json.stdout).services)).toEqual(Object.keys(parse(plain).services));
});

test('scenario 37: a dry run of down leaves all as it is', async () => {
  const before = await everything();
  const { output } = await project.compose('down', '--dry-run');
  expect(output).toContain(`its agent leaves ${second} (second)`);
  expect(await everything()).toEqual(before);
  await answers({ orders: 'local-orders', billing: 'local-billing' });
});

test('scenario 37: scaled to 0 a service leaves the cluster, and comes back', async () => {
  await project.compose('scale', 'billing=0');
  await answers({ orders: 'local-orders', billing: 'target-billing' });
  expect(await containers()).toEqual(['kdev-net-orders', 'kdev-sidecar-orders', 'orders', 'web']);
  expect(await kubectlIn(second, 'get', 'jobs', '-o', 'name')).toBe('');
  await project.up('--no-deps', 'billing');
  await answers({ orders: 'local-orders', billing: 'local-billing' });
  const refused = await project.kdev(['compose', 'scale', 'billing=2']);
  expect([refused.code, refused.output]).toEqual([23, expect.stringContaining('KDEV2302')]);
});

test('scenario 37: without its x-kdev a service leaves the cluster with the next up', async () => {
  await project.write(services({ billing: { 'x-kdev': undefined } }));
  await project.up();
  await answers({ orders: 'local-orders', billing: 'target-billing' });
  expect(await containers()).toEqual([
    'billing',
    'kdev-net-orders',
    'kdev-sidecar-orders',
    'orders',
    'web',
  ]);
});

test('scenario 37: the session ends with the last x-kdev: down leaves nothing', async () => {
  const all = { 'x-kdev': undefined };
  await project.write(services({ orders: all, billing: all, none: all }));
  await project.compose('down');
  await project.nothingLeft(20_000);
  expect(await everything()).toEqual([]);
});

test('scenario 37: create leaves the cluster, start comes back; --compatibility has its names', async () => {
  await project.write(services());
  await project.compose('--compatibility', 'create');
  expect(await containers()).toEqual([]);
  expect((await everything()).filter((line) => line.includes('kdev-agent'))).toEqual([]);
  await project.compose('--compatibility', 'start');
  await answers({ orders: 'local-orders', billing: 'local-billing' });
  const url = `http://${project.name}_orders_1:8080/`;
  const { body } = await project.ask('web', 'GET', `/fetch?url=${url}`);
  expect(JSON.parse(String(body)).app).toBe('local-orders');
  await fromAnywhere();
  await project.nothingLeft(20_000);
});

/** The project is known by its name; whoever ends it gives the traffic back first. */
async function fromAnywhere(): Promise<void> {
  const named = ['-p', project.name];
  const away = (...words: string[]) => project.kdev(words, { cwd: '/' });
  const asked: [words: string[], says: string][] = [
    [['env', 'orders'], 'NAME'],
    [['explain', 'orders', 'billing'], 'billing'],
    [['config', 'view', 'billing'], 'second'],
    [['logs', 'orders', '--session', '--tail', '1'], ' '],
  ];
  for (const [words, says] of asked) {
    const { code, stdout } = await away(...words, ...named);
    expect([words, code, stdout]).toEqual([words, 0, expect.stringContaining(says)]);
  }
  const mistyped = await away('env', 'orders', '-p', `${project.name}x`);
  expect([mistyped.code, mistyped.output]).toEqual([
    21,
    expect.stringContaining(`did you mean ${project.name}?`),
  ]);
  const stopped = await away('compose', ...named, 'stop', '--timeout', '1', 'orders');
  expect([stopped.code, stopped.output]).toEqual([0, expect.stringMatching(/orders +released/)]);
  await answers({ orders: 'target-orders', billing: 'local-billing' });
  const down = await away('compose', ...named, 'down', '--timeout', '1');
  expect([down.code, down.output]).toEqual([0, expect.stringMatching(/billing +released/)]);
  expect(down.output).not.toContain('No resource');
}
