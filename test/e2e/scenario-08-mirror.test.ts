import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { appImage } from '../fixtures/app-images.ts';
import { run } from '../run/shell.ts';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

const url = 'http://orders:8080/mirrored';
const xKdev = { target: 'deployment/orders', incoming: 'mirror' };
const healthy = { orders: composeApp({ language: 'python', xKdev }) };
// Takes every request and answers with 500.
const failing =
  "require('http').createServer((req, res) => { console.log(req.url); res.writeHead(500).end() }).listen(8080)";
let world: World;
let client: PodClient;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  [client] = await Promise.all([world.client(), world.deploy({ name: 'orders', language: 'c' })]);
  project = await world.project({ services: healthy });
  await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => project.up());
beforeEach(() => project.ask('orders', 'DELETE', '/log'));
afterEach(() => project.write({ services: healthy }));

/** Asks on one connection and expects all answers from the target, each as it would be without a mirror. */
async function targetAnswers(count = 10): Promise<void> {
  const answers = await client.keepAlive(url, count);
  expect(answers.map(({ status, body }) => [status, body?.app])).toEqual(
    Array.from({ length: count }, () => [200, 'target-orders']),
  );
}

async function serviceSees(expected: { method: string; path: string }[]): Promise<void> {
  await eventually('the service sees the requests', { deadlineMs: 5_000 }, async () => {
    const { requests } = await project.log('orders');
    expect(requests.map(({ method, path }) => ({ method, path }))).toEqual(expected);
  });
}

test('scenario 8: keep-alive: the target answers, the service sees every request', async () => {
  await targetAnswers();
  await serviceSees(
    Array.from({ length: 10 }, (_, n) => ({ method: 'GET', path: `/mirrored?n=${n}` })),
  );
});

test('scenario 8: a body travels to both', async () => {
  const bodyLength = 200_000;
  const answer = await client.request({ url, method: 'POST', bodyLength });
  expect(answer.body).toMatchObject({ app: 'target-orders', length: bodyLength });
  await eventually('the service sees the same', { deadlineMs: 5_000 }, async () => {
    expect((await project.log('orders')).requests).toMatchObject([
      { method: 'POST', path: '/mirrored', length: bodyLength },
    ]);
  });
});

test('scenario 8: pipelined requests: the target answers in order, the service sees every one', async () => {
  const paths = ['/a', '/b', '/c', '/d'];
  const { apps } = await client.pipeline({ host: 'orders', port: 8080, paths });
  expect(apps).toEqual(paths.map(() => 'target-orders'));
  await serviceSees(paths.map((path) => ({ method: 'GET', path })));
});

test('scenario 8: a service that crashes changes nothing for the client', async () => {
  const watcher = await client.watch(url, { everyMs: 10 });
  try {
    await watcher.sees('the target answers', 5_000, ({ app }) => app === 'target-orders');
    await run('docker', ['kill', '--signal', 'KILL', await project.container('orders')]);
    await targetAnswers();
    expect(watcher.glimpses.filter(({ app }) => app !== 'target-orders')).toEqual([]);
  } finally {
    await watcher.stop();
  }
});

test('scenario 8: a service that stands still changes nothing for the client', async () => {
  const container = await project.container('orders');
  await run('docker', ['pause', container]);
  try {
    // More than the kernel buffers for a reader that does not read.
    const bodyLength = 4_000_000;
    for (let round = 0; round < 5; round += 1) {
      const answer = await client.request({ url, method: 'POST', bodyLength });
      expect(answer.body).toMatchObject({ app: 'target-orders', length: bodyLength });
      expect(answer.elapsedMs).toBeLessThan(2_000);
    }
    await targetAnswers();
  } finally {
    await run('docker', ['unpause', container]);
  }
});

test('scenario 8: a service that answers 500 changes nothing for the client', async () => {
  const entrypoint = ['node', '-e', failing];
  const broken = composeApp({ language: 'node', xKdev, more: { entrypoint } });
  await project.write({ services: { orders: { ...broken, image: appImage('node') } } });
  await project.up();
  await eventually('the service sees a request', { deadlineMs: 10_000 }, async () => {
    await targetAnswers();
    const said = await run('docker', ['logs', await project.container('orders')]);
    expect(said).toContain('/mirrored?n=9');
  });
});
