import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeApp } from './compose-app.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

let world: World;
let client: PodClient;
let project: Project;

// The target's app listens on its pod's own address alone, the service's on loopback alone.
beforeAll(async () => {
  world = await World.open();
  [client] = await Promise.all([
    world.client(),
    world.deploy({
      name: 'orders',
      language: 'python',
      ports: [80, 9090, 7070],
      env: [{ name: 'BIND', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
    }),
  ]);
  project = await world.project({
    services: {
      orders: composeApp({
        language: 'node',
        environment: { PORTS: '3000,9090,7070', BIND: '127.0.0.1' },
        xKdev: {
          target: 'deployment/orders',
          incoming: { mode: 'steal', ports: ['3000:80', 9090] },
        },
      }),
    },
  });
  await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());

test('scenario 4: port 80 of the target is answered by port 3000 of a service that listens on loopback only', async () => {
  const { body, local } = await client.request({ url: 'http://orders:80/' });
  expect(body).toMatchObject({ app: 'service', local: { port: 3000 }, peer: local });
});

test('scenario 4: two ports at once', async () => {
  const [first, second] = await Promise.all([
    client.request({ url: 'http://orders:80/' }),
    client.request({ url: 'http://orders:9090/' }),
  ]);
  expect(first.body).toMatchObject({ app: 'service', local: { port: 3000 } });
  expect(second.body).toMatchObject({ app: 'service', local: { port: 9090 } });
});

test('scenario 4: a port that is not named stays with the target', async () => {
  const { body } = await client.request({ url: 'http://orders:7070/' });
  expect(body?.app).toBe('target-orders');
});

test('scenario 3: the service stops listening and the target serves; it listens again and is stolen from again', async () => {
  const watcher = await client.watch('http://orders:9090/', { everyMs: 20 });
  try {
    await watcher.sees('the service answers', 5_000, ({ app }) => app === 'service');
    await project.ask('orders', 'POST', '/listen/stop?port=9090');
    await watcher.sees('the target serves', 1_000, ({ app }) => app === 'target-orders');
    await project.ask('orders', 'POST', '/listen/start?port=9090');
    await watcher.sees('the service answers again', 1_000, ({ app }) => app === 'service');
    expect(watcher.glimpses.filter(({ error }) => error !== undefined)).toEqual([]);
  } finally {
    await watcher.stop();
  }
});
