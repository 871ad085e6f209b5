import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { appImage } from '../fixtures/app-images.ts';
import { run } from '../run/shell.ts';
import { changeWatched } from './change-watched.ts';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

const url = 'http://orders:8080/';
let world: World;
let client: PodClient;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  [client] = await Promise.all([
    world.client(),
    world.deploy({ name: 'orders', language: 'go' }),
    world.deploy({ name: 'peer', language: 'go' }),
  ]);
  project = await world.project({
    include: ['included.yaml'],
    services: {
      orders: {
        ...composeApp({
          language: 'c',
          xKdev: { target: 'deployment/orders', incoming: 'steal' },
        }),
        image: `${world.namespace}-orders`,
        build: 'orders',
        develop: { watch: [{ action: 'rebuild', path: 'orders' }] },
      },
      web: composeApp({ language: 'c' }),
      tool: composeApp({ language: 'c', more: { profiles: ['tools'] } }),
    },
  });
  await project.write({ services: { included: composeApp({ language: 'c' }) } }, 'included.yaml');
  await project.write({ services: { second: composeApp({ language: 'c' }) } }, 'second.yaml');
  await mkdir(path.join(project.folder, 'orders'));
  await writeGreeting('hello');
  const dockerfile = `FROM ${appImage('c')}\nCOPY greeting /greeting\n`;
  await writeFile(path.join(project.folder, 'orders/Dockerfile'), dockerfile);
  await project.up();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await run('docker', ['image', 'rm', '--force', `${world.namespace}-orders`]);
});

async function writeGreeting(text: string): Promise<void> {
  await writeFile(path.join(project.folder, 'orders/greeting'), text);
}

async function answeredBy(app: string, deadlineMs = 3_000): Promise<void> {
  await eventually(`${app} answers`, { deadlineMs }, async () => {
    expect((await client.request({ url })).body?.app).toBe(app);
  });
}

/** Services of the user's that run now. */
async function running(): Promise<string[]> {
  const { stdout } = await project.compose('ps', '--services');
  return stdout
    .split('\n')
    .filter((name) => name !== '' && !name.startsWith('kdev-'))
    .sort();
}

test('scenario 36: up -d starts what has no profile, included files too', async () => {
  await answeredBy('service');
  expect(await running()).toEqual(['included', 'orders', 'web']);
});

test('scenario 36: up -d again changes nothing', async () => {
  const before = await project.container('orders');
  await project.up();
  expect(await project.container('orders')).toBe(before);
  await answeredBy('service');
});

test('scenario 36: logs', async () => {
  await client.request({ url: `${url}seen-in-logs` });
  await eventually('the logs have the request', { deadlineMs: 3_000 }, async () => {
    const { stdout } = await project.compose('logs', '--no-color', 'orders');
    expect(stdout).toMatch(/orders-1\s+\| .*seen-in-logs/);
  });
});

test('scenario 36: exec passes output and exit code through', async () => {
  const request = ['compose', 'exec', '-T', 'orders', '/app', 'request', 'GET'];
  const good = await project.kdev([...request, 'http://peer:8080/']);
  expect(good.code).toBe(0);
  expect(good.stdout).toContain('target-peer');
  const bad = await project.kdev([...request, 'http://127.0.0.1:1/']);
  expect([bad.code, bad.stdout.trim()]).toEqual([1, '{"error":"ECONNREFUSED"}']);
});

test("scenario 36: run gives a container in the pod's network, and its exit code", async () => {
  const request = ['compose', 'run', '--rm', '-T', 'orders', 'request', 'GET'];
  const good = await project.kdev([...request, 'http://peer:8080/']);
  expect([good.code, good.stdout]).toEqual([0, expect.stringContaining('target-peer')]);
  const bad = await project.kdev([...request, 'http://127.0.0.1:1/']);
  expect([bad.code, bad.stdout.trim()]).toEqual([1, '{"error":"ECONNREFUSED"}']);
  await answeredBy('service');
});

test('scenario 36: stop gives the target its traffic, start takes it again', async () => {
  await project.compose('stop', 'orders');
  await answeredBy('target-orders');
  const { stdout } = await project.kdev(['status']);
  expect(stdout).toMatch(
    /^orders +stopped \(Exited .*\): deployment\/orders .* answers for itself$/m,
  );
  await project.compose('start', 'orders');
  await answeredBy('service');
});

test.each([[['orders']], [[]]])(
  'scenario 36: stop and start of %j, again and again',
  async (names) => {
    for (let round = 1; round <= 3; round++) {
      await project.compose('stop', ...names);
      await answeredBy('target-orders');
      await project.compose('start', ...names);
      await answeredBy('service');
    }
  },
);

test('scenario 36: restart', async () => {
  await project.compose('restart', 'orders');
  await answeredBy('service');
});

test('scenario 36: config prints the project that Compose runs', async () => {
  const { stdout } = await project.compose('config');
  const { name, services } = parse(stdout);
  expect(name).toBe(project.name);
  expect(services.orders.network_mode).toBe('service:kdev-net-orders');
  expect(Object.keys(services).sort()).toEqual(
    ['included', 'kdev-net-orders', 'kdev-sidecar-orders', 'orders', 'web'].sort(),
  );
});

test('scenario 36: a profile', async () => {
  await project.compose('--profile', 'tools', 'up', '-d');
  expect(await running()).toEqual(['included', 'orders', 'tool', 'web']);
});

test('scenario 36: several files, project name and directory, from another folder', async () => {
  const flags = ['-p', project.name, '--project-directory', project.folder];
  const files = ['compose.yaml', 'second.yaml'].flatMap((file) => [
    '-f',
    path.join(project.folder, file),
  ]);
  const ended = await project.kdev(['compose', ...flags, ...files, 'up', '-d'], { cwd: '/' });
  expect([ended.code, ended.output]).toEqual([0, expect.any(String)]);
  expect(await running()).toContain('second');
  await answeredBy('service');
});

test('scenario 36: build', async () => {
  await writeGreeting('built');
  await project.compose('build', 'orders');
  await project.up();
  expect(await greeting()).toBe('built');
  await answeredBy('service');
});

test('scenario 36: watch rebuilds, and the new container has the traffic', async () => {
  const before = await project.container('orders');
  const watch = project.start(['compose', 'watch', '--no-up']);
  try {
    await watch.says(/Watch enabled/, 20_000);
    await changeWatched(path.join(project.folder, 'orders/greeting'), 'watched', greeting);
    expect(await project.container('orders')).not.toBe(before);
    await answeredBy('service');
  } finally {
    watch.killGroup('SIGINT');
    await watch.ended;
  }
});

async function greeting(): Promise<string> {
  const { base64 } = await project.ask('orders', 'GET', '/file?path=/greeting');
  return Buffer.from(String(base64), 'base64').toString();
}

test('scenario 36: down takes everything away, and down on nothing succeeds', async () => {
  await project.compose('-f', 'compose.yaml', '-f', 'second.yaml', '--profile', 'tools', 'down');
  await answeredBy('target-orders');
  await project.nothingLeft(5_000);
  await project.compose('down');
});

test('scenario 36: a project without x-kdev is exactly what Compose makes of it', async () => {
  const plain = await world.project({ services: { web: composeApp({ language: 'c' }) } });
  await plain.up();
  expect((await plain.leftovers()).map((line) => line.replace(/ \(Up .*/, ''))).toEqual([
    `container ${plain.name}-web-1`,
    `network ${plain.name}_default`,
  ]);
  await plain.compose('down');
  expect(await plain.leftovers()).toEqual([]);
});
