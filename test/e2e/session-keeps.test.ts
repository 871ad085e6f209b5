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
  [client] = await Promise.all([world.client(), world.deploy({ name: 'orders', language: 'c' })]);
  project = await world.project({ services: orders() });
  await project.up();
  await answeredBy('service');
});
afterAll(() => world[Symbol.asyncDispose]());

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

test.each([
  ['a mistyped target', { xKdev: { target: 'deployment/nope' } }, 'KDEV5002', 51],
  ['a mistyped namespace', { xKdev: { namespace: 'nope' } }, 'KDEV5001', 50],
  ['a mistyped context', { flags: ['--context', 'nope'] }, 'KDEV2402', 24],
  ['a kubeconfig that is not there', { env: { KUBECONFIG: '/nope' } }, 'KDEV2401', 24],
] as const)('an up that is refused for %s keeps what stood', async (_, mistake, code, exitCode) => {
  const {
    xKdev = {},
    flags = [],
    env = {},
  } = mistake as Partial<{
    xKdev: Record<string, string>;
    flags: string[];
    env: Record<string, string>;
  }>;
  const before = [await agents(), await project.container('orders')];
  await project.write({ services: orders(xKdev) });
  const refused = await project.kdev(['compose', ...flags, 'up', '-d'], { env });
  await project.write({ services: orders() });
  expectError(refused, { code, exitCode, actors, says: [] });
  expect([await agents(), await project.container('orders')]).toEqual(before);
  expect((await readService()).state).toBe('serving');
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
