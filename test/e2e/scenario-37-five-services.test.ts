import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../run/shell.ts';
import type { Seen } from './client.ts';
import { composeApp } from './compose-app.ts';
import { freePort } from './free-port.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

let world: World;
let client: PodClient;
let project: Project;
let published: { orders: number; web: number };

// Healthy at the fifth look, and not before; it notes when that was. Compose reads $$ as $.
const looks = [
  'echo look >> /tmp/looks',
  '[ $$(wc -l < /tmp/looks) -ge 5 ]',
  '{ [ -e /tmp/healthy ] || date +%s%3N > /tmp/healthy; }',
];
const healthcheck = { test: ['CMD-SHELL', looks.join(' && ')], interval: '200ms', retries: 50 };

beforeAll(async () => {
  world = await World.open();
  [client] = await Promise.all([
    world.client(),
    world.deploy({ name: 'orders', language: 'go' }),
    world.deploy({ name: 'billing', language: 'c' }),
    world.deploy({ name: 'peer', language: 'go' }),
  ]);
  published = { orders: await freePort(), web: await freePort() };
  const steal = (name: string) => ({ target: `deployment/${name}`, incoming: 'steal' });
  const named = (NAME: string) => ({ NAME });
  project = await world.project({
    services: {
      orders: composeApp({
        language: 'node',
        environment: named('local-orders'),
        xKdev: steal('orders'),
        more: {
          ports: [`127.0.0.1:${published.orders}:8080`],
          networks: { front: { aliases: ['shop-orders'] }, back: null },
          extra_hosts: ['printer:192.0.2.7'],
          secrets: ['password'],
          configs: [{ source: 'settings', target: '/etc/orders.conf' }],
          volumes: ['kept:/kept'],
          healthcheck,
        },
      }),
      billing: composeApp({
        language: 'python',
        environment: named('local-billing'),
        xKdev: steal('billing'),
        more: { networks: ['back'] },
      }),
      web: composeApp({
        language: 'go',
        environment: named('web'),
        more: {
          ports: [`127.0.0.1:${published.web}:8080`],
          networks: ['front'],
          depends_on: { orders: { condition: 'service_healthy' } },
        },
      }),
      store: composeApp({ language: 'c', more: { networks: ['back'] } }),
      job: composeApp({ language: 'c', more: { networks: ['front', 'back'] } }),
    },
    networks: { front: {}, back: {} },
    volumes: { kept: {} },
    secrets: { password: { file: './password' } },
    configs: { settings: { file: './settings' } },
  });
  await writeFile(path.join(project.folder, 'password'), 'the password');
  await writeFile(path.join(project.folder, 'settings'), 'the settings');
  await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());

async function appAt(service: string, url: string): Promise<string> {
  const { body, error } = await project.ask(service, 'GET', `/fetch?url=${url}`);
  return error === undefined ? (JSON.parse(String(body)) as Seen).app : String(error);
}

async function content(service: string, file: string): Promise<string> {
  const { base64, error } = await project.ask(service, 'GET', `/file?path=${file}`);
  return error === undefined ? Buffer.from(String(base64), 'base64').toString() : String(error);
}

test("scenario 37: both of kdev's services have their targets' traffic", async () => {
  for (const name of ['orders', 'billing']) {
    const { body } = await client.request({ url: `http://${name}:8080/` });
    expect(body?.app).toBe(`local-${name}`);
  }
});

test('scenario 37: published ports of either kind of service', async () => {
  for (const [service, app] of [
    ['orders', 'local-orders'],
    ['web', 'web'],
  ] as const) {
    const answer = await fetch(`http://127.0.0.1:${published[service]}/`);
    expect(await answer.json()).toMatchObject({ app });
  }
});

test('scenario 37: others find the service by its name, its alias and its container', async () => {
  for (const name of ['orders', 'shop-orders', `${project.name}-orders-1`]) {
    expect(await appAt('web', `http://${name}:8080/`)).toBe('local-orders');
  }
  expect(await appAt('store', 'http://billing:8080/')).toBe('local-billing');
});

test('scenario 37: the service finds its neighbours in Compose, and all others in the cluster', async () => {
  expect(await appAt('orders', 'http://web:8080/')).toBe('web');
  expect(await appAt('orders', 'http://store:8080/')).toBe('service');
  expect(await appAt('orders', 'http://peer:8080/')).toBe('target-peer');
  expect(await appAt('billing', 'http://orders:8080/')).toBe('local-orders');
});

test('scenario 37: depends_on service_healthy: web started when orders was healthy', async () => {
  const startedAt = ['inspect', '--format', '{{.State.StartedAt}}', await project.container('web')];
  const web = Date.parse(await run('docker', startedAt));
  expect(web).toBeGreaterThanOrEqual(Number(await content('orders', '/tmp/healthy')));
});

test('scenario 37: extra_hosts, secrets and configs', async () => {
  const { addresses } = await project.ask('orders', 'GET', '/resolve?name=printer&type=A');
  expect(addresses).toEqual(['192.0.2.7']);
  expect(await content('orders', '/run/secrets/password')).toBe('the password');
  expect(await content('orders', '/etc/orders.conf')).toBe('the settings');
});

test('scenario 37: a volume keeps what was written when the containers are made anew', async () => {
  const request = ['request', 'PUT', 'http://127.0.0.1:9900/file?path=/kept/note', 'written'];
  await run('docker', ['exec', await project.container('orders'), '/app', ...request]);
  await project.up('--force-recreate', 'orders');
  expect(await content('orders', '/kept/note')).toBe('written');
  const { body } = await client.request({ url: 'http://orders:8080/' });
  expect(body?.app).toBe('local-orders');
});

test('scenario 37: down of one of them: its target answers, and the other goes on', async () => {
  await project.compose('down', 'billing');
  const isOfBilling = (line: string) => /^container .*billing/.test(line);
  expect((await project.leftovers()).filter(isOfBilling)).toEqual([]);
  for (const [name, app] of [
    ['orders', 'local-orders'],
    ['billing', 'target-billing'],
  ] as const) {
    const { body } = await client.request({ url: `http://${name}:8080/` });
    expect(body?.app).toBe(app);
  }
});

test('scenario 37: down leaves nothing, and both targets answer', async () => {
  await project.compose('down', '--volumes');
  await project.nothingLeft(5_000);
  for (const name of ['orders', 'billing']) {
    const { body } = await client.request({ url: `http://${name}:8080/` });
    expect(body?.app).toBe(`target-${name}`);
  }
});
