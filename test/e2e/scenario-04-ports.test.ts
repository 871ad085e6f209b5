import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import { appAnswer, type Pod } from './pod.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

let world: World;
let client: PodClient;
let project: Project;
let orders: Pod;

const nodePort = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'orders-outside' },
  spec: { type: 'NodePort', selector: { app: 'orders' }, ports: [{ port: 80 }] },
};

// The target's app listens on its pod's own address alone, the service's on loopback alone.
beforeAll(async () => {
  world = await World.open();
  [client, orders] = await Promise.all([
    world.client(),
    world.deploy({
      name: 'orders',
      language: 'python',
      ports: [80, 9090, 7070],
      env: [{ name: 'BIND', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
    }),
    world.deploy({ name: 'items', language: 'go', ports: [8080, 8082] }),
    world.apply(nodePort),
  ]);
  project = await world.project({
    services: {
      orders: composeApp({
        language: 'node',
        environment: { PORTS: '3000,9090,7070', BIND: '127.0.0.1' },
        xKdev: {
          target: 'deployment/orders',
          incoming: { mode: 'steal', ports: ['3000:80', 9090, 7070], ignore: [7070] },
        },
      }),
      // Port 9900 is how the tests talk to the apps.
      items: composeApp({
        language: 'c',
        xKdev: {
          target: 'deployment/items',
          incoming: { mode: 'steal', ports: 'all', ignore: [9900] },
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

test('scenario 4: a port that is ignored stays with the target', async () => {
  const { body } = await client.request({ url: 'http://orders:7070/' });
  expect(body?.app).toBe('target-orders');
});

test('scenario 4: every port that the service opens, followed as it opens and closes them', async () => {
  const asked = async (port: number) =>
    (await client.request({ url: `http://items:${port}/` })).body?.app;
  expect(await asked(8080)).toBe('service');
  expect(await asked(8082)).toBe('target-items');
  await project.ask('items', 'POST', '/listen/start?port=8082');
  await eventually('port 8082 comes in', { deadlineMs: 20_000 }, async () => {
    expect(await asked(8082)).toBe('service');
  });
  const { stdout } = await project.kdev(['status']);
  expect(stdout).toMatch(/stealing every port \(:8080 :8082\)/);
  await project.ask('items', 'POST', '/listen/stop?port=8082');
  await eventually('port 8082 is the target’s again', { deadlineMs: 20_000 }, async () => {
    expect(await asked(8082)).toBe('target-items');
  });
  expect(await asked(8080)).toBe('service');
});

test('scenario 16: from the pod to itself, by its address and through its Service, and from another pod through NodePort', async () => {
  const fromPod = async (host: string) => {
    const url = `http://${host}:80/`;
    const printed = await world.kubectl('exec', orders.name, '--', '/app', 'request', 'GET', url);
    return appAnswer(printed);
  };
  expect(await fromPod(orders.address)).toMatchObject({
    app: 'service',
    peer: { address: orders.address },
  });
  expect(await fromPod('orders')).toMatchObject({ app: 'service' });
  // Of a node with both families the IPv4 address comes first.
  const addresses = await world.kubectl(
    'get',
    'nodes',
    '-o',
    "jsonpath={.items[0].status.addresses[?(@.type=='InternalIP')].address}",
  );
  const [node] = addresses.split(' ');
  const port = await world.kubectl(
    'get',
    'service',
    'orders-outside',
    '-o',
    'jsonpath={.spec.ports[0].nodePort}',
  );
  const { body } = await client.request({ url: `http://${node}:${port}/` });
  expect(body).toMatchObject({ app: 'service', local: { port: 3000 } });
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
