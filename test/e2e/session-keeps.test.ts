import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { run } from '../run/shell.ts';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import type { Project } from './project.ts';
import { expectError } from './refusal.ts';
import { type PodClient, World } from './world.ts';

/** One session, and what it must keep: whatever is refused, or only asked, changes nothing; what is brought up anew is. */
let world: World;
let client: PodClient;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  [client] = await Promise.all([
    world.client(),
    world.deploy({ name: 'orders', language: 'c' }),
    // Docker has it, and the cluster has not.
    run('docker', ['tag', world.ground.image, ownImage()]),
  ]);
  project = await world.project({ services: orders() });
  await project.up();
  await answeredBy('service');
});
afterAll(async () => {
  await run('docker', ['image', 'rm', ownImage()]);
  await world[Symbol.asyncDispose]();
});

const steal = { target: 'deployment/orders', incoming: 'steal' };

function orders(xKdev: Readonly<Record<string, string>> = {}) {
  return { orders: composeApp({ language: 'c', xKdev: { ...steal, ...xKdev } }) };
}

async function answeredBy(app: string): Promise<void> {
  await eventually(`${app} answers`, { deadlineMs: 40_000, everyMs: 250 }, async () => {
    const { body } = await client.request({ url: 'http://orders:8080/', timeoutMs: 5_000 });
    expect(body?.app).toBe(app);
  });
}

/** Names of the agents' Jobs: another agent has another one. */
async function agents(): Promise<string> {
  const ours = 'app.kubernetes.io/managed-by=kdev';
  return await world.kubectl('get', 'jobs', '-l', ours, '-o', 'name');
}

async function readService() {
  const { stdout } = await project.kdev(['status', '-o', 'json']);
  return JSON.parse(stdout).sessions[0].services[0];
}

const actors = ['you can'] as const;

interface Mistake {
  readonly xKdev?: Record<string, string>;
  readonly services?: Record<string, unknown>;
  readonly flags?: readonly string[];
  readonly rest?: readonly string[];
  readonly env?: Record<string, string>;
}

const nope = { target: 'deployment/nope', incoming: 'steal' };
const app = (xKdev?: unknown) => composeApp({ language: 'c', ...(xKdev ? { xKdev } : {}) });
const ownImage = () => `kdev-test/runtime:only-here-${world.namespace}`;
const standsOn = 'orders runs on as it was';

test.each<[string, () => Mistake, string, number, string]>([
  ['a mistyped target', () => ({ xKdev: nope }), 'KDEV5002', 51, standsOn],
  ['a mistyped namespace', () => ({ xKdev: { namespace: 'nope' } }), 'KDEV5001', 50, standsOn],
  ['a mistyped context', () => ({ flags: ['--context', 'nope'] }), 'KDEV2402', 24, standsOn],
  ['a kubeconfig', () => ({ env: { KUBECONFIG: '/nope' } }), 'KDEV2401', 24, standsOn],
  ['an agent', () => ({ env: { KDEV_IMAGE: ownImage() } }), 'KDEV7001', 70, standsOn],
  ['a flag', () => ({ rest: ['--frobnicate'] }), 'KDEV2001', 20, 'unknown flag: --frobnicate'],
  [
    'another service, without its own x-kdev',
    () => ({ services: { orders: app(), other: app(nope) } }),
    'KDEV5002',
    51,
    standsOn,
  ],
])('an up that fails for %s keeps what stood', async (_, mistaken, code, exitCode, words) => {
  const { xKdev = {}, services, flags = [], rest = [], env = {} } = mistaken();
  const before = [await agents(), await project.container('orders')];
  await project.write({ services: services ?? orders(xKdev) });
  const refused = await project.kdev(['compose', ...flags, 'up', '-d', ...rest], { env });
  await project.write({ services: orders() });
  expectError(refused, { code, exitCode, actors, says: [words] });
  expect([await agents(), await project.container('orders')]).toEqual(before);
  expect((await readService()).state).toBe('serving');
  await answeredBy('service');
});

test('an up in the foreground that fails ends nothing that it did not begin', async () => {
  const before = [await agents(), await project.container('orders')];
  const misnamed = await project.kdev(['compose', 'up', 'order']);
  expectError(misnamed, {
    code: 'KDEV2305',
    exitCode: 23,
    actors,
    says: ['no service order, did you mean orders?'],
  });
  const broken = { build: { context: '.', dockerfile_inline: 'FROM scratch\nCOPY nothing /\n' } };
  await project.write({ services: { ...orders(), broken } });
  const unbuilt = await project.kdev(['compose', 'up']);
  await project.write({ services: orders() });
  expect([unbuilt.code, unbuilt.stderr]).toEqual([125, expect.stringContaining('KDEV12302')]);
  expect(unbuilt.output).toContain('Nothing is removed');
  expect([await agents(), await project.container('orders')]).toEqual(before);
  expect(await readService()).toMatchObject({ state: 'serving' });
  await answeredBy('service');
});

test('config changes nothing, whatever the file says by now', async () => {
  const before = await agents();
  await project.write({ services: orders({ incoming: 'mirror' }) });
  const { stdout } = await project.compose('config');
  await project.compose('config', '--quiet');
  await project.write({ services: orders() });
  expect(parse(stdout).services.orders.network_mode).toBe('service:kdev-net-orders');
  expect([await agents(), (await readService()).mode]).toEqual([before, 'steal']);
});

test('an agent that was deleted is told as that', async () => {
  const before = await agents();
  await world.kubectl('delete', before, '--wait=false');
  await eventually('another agent serves', { deadlineMs: 60_000 }, async () => {
    const { state, notices } = await readService();
    expect(state).toBe('serving');
    expect(notices.at(-1)?.text).toBe('its agent was gone and was started again');
  });
  await answeredBy('service');
});

test('under a kubeconfig that leads elsewhere, the service is brought there', async () => {
  const other = path.join(world.folder, 'other');
  const config = structuredClone(world.kubeconfigContent);
  for (const { cluster } of config.clusters) {
    cluster.server = cluster.server.replace('127.0.0.1', 'localhost');
  }
  await writeKubeconfig(other, config);
  const before = await agents();
  const moved = await project.kdev(['compose', 'up', '-d'], { env: { KUBECONFIG: other } });
  expect([moved.code, moved.output]).toEqual([0, expect.stringContaining('former agent orders')]);
  expect((await readService()).decision.server).toContain('localhost');
  expect(await agents()).not.toBe(before);
  await answeredBy('service');
  await project.up();
  expect((await readService()).decision.server).toContain('127.0.0.1');
});

test('up tells how many pods the target has by now, and that it has none', async () => {
  await scale(2);
  expect((await project.up()).output).toContain('one of 2 ready pods');
  await scale(1);
  await answeredBy('service');
  expect((await project.up()).output).not.toContain('ready pods');
  await scale(0);
  const refused = await project.kdev(['compose', 'up', '-d']);
  expectError(refused, { code: 'KDEV5003', exitCode: 52, actors, says: ['is scaled to 0'] });
  await scale(1);
  await answeredBy('service');
});

async function scale(pods: number): Promise<void> {
  await world.kubectl('scale', 'deployment/orders', `--replicas=${pods}`);
  await eventually(`there are ${pods} pods`, { deadlineMs: 60_000 }, async () => {
    const ready = 'jsonpath={.status.replicas}/{.status.readyReplicas}';
    const counts = await world.kubectl('get', 'deployment/orders', '-o', ready);
    expect(counts).toBe(pods === 0 ? '/' : `${pods}/${pods}`);
  });
}

test('start and restart take the container as it is, and tell what has changed since', async () => {
  // Of the pod that there is by now.
  await project.up();
  const more = { labels: { colour: 'green' } };
  const id = await project.container('orders');
  await project.write({ services: { orders: composeApp({ language: 'c', xKdev: steal, more }) } });
  const words = 'not taken: orders (labels)';
  expect((await project.compose('restart', '--timeout', '1')).output).toContain(words);
  await project.compose('stop', '--timeout', '1');
  expect((await project.compose('start')).output).toContain(words);
  expect(await project.container('orders')).toBe(id);
  await project.write({ services: orders() });
  await project.compose('stop', '--timeout', '1');
  expect((await project.compose('start')).output).not.toContain('not taken');
  await answeredBy('service');
});

test('start and restart begin nothing without a container, and leave nothing where nothing is', async () => {
  const before = await agents();
  await run('docker', ['rm', '--force', await project.container('orders')]);
  await refusedWithoutContainer();
  expect(await agents()).toBe(before);
  await project.up();
  await answeredBy('service');
  await project.compose('down', '--timeout', '1');
  await refusedWithoutContainer();
  await project.nothingLeft(20_000);
});

async function refusedWithoutContainer(): Promise<void> {
  for (const command of ['start', 'restart']) {
    const refused = await project.kdev(['compose', command]);
    const says = ['orders has no container to start', 'kdev compose up -d'];
    expectError(refused, { code: 'KDEV12302', exitCode: 125, actors, says });
  }
}
