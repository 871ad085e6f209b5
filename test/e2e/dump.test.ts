import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import { inDocker } from './leftovers.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

const url = 'http://orders:8080/things?x=1';

let world: World;
let client: PodClient;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  [client] = await Promise.all([
    world.client(),
    world.deploy({ name: 'orders', language: 'go', rawPort: 7000 }),
  ]);
  const xKdev = { target: 'deployment/orders', incoming: 'steal' };
  project = await world.project({ services: { orders: composeApp({ language: 'c', xKdev }) } });
});
afterAll(() => world[Symbol.asyncDispose]());

const agents = () =>
  world.kubectl('get', 'jobs,pods', '-l', 'app.kubernetes.io/managed-by=kdev', '-o', 'name');

const readyMs = 30_000;
const seenMs = 20_000;

test('kdev dump prints requests and bytes of a service’s target; Ctrl-C leaves nothing', async () => {
  const dump = project.start(['dump', 'orders'], { deadlineMs: 120_000 });
  await dump.says('Ctrl-C ends it', readyMs);
  const headers = { 'X-User': 'ada' };
  const answer = await client.request({ url, method: 'POST', body: 'hello', headers });
  expect(answer.body?.app).toBe('target-orders');
  await client.raw({ host: 'orders', port: 7000, line: 'count', bytes: 100 });
  await dump.says(/-> :8080\nPOST \/things\?x=1 HTTP\/1\.1\n/, seenMs);
  await dump.says(/\nx-user: ada\n(.+\n)*\nhello\n/i, seenMs);
  await dump.says(/-> :7000 {2}\d+ bytes\n00000000 {2}63 6f 75 6e 74 0a /, seenMs);
  expect(await inDocker(project.name)).toEqual([]);
  dump.kill('SIGINT');
  expect((await dump.ended).code).toBe(0);
  await eventually('nothing is left', { deadlineMs: 20_000 }, async () => {
    expect(await agents()).toBe('');
  });
});

test('kdev dump of a target, filtered, for programs; killed, it leaves nothing either', async () => {
  const dump = project.start(
    ['dump', 'deployment/orders', '--port', '8080', '--filter', 'x-user=bob', '-o', 'jsonl'],
    { deadlineMs: 120_000 },
  );
  await dump.says('Ctrl-C ends it', readyMs);
  for (const user of ['ada', 'bob']) {
    await client.request({ url: `${url}&${user}`, headers: { 'x-user': user } });
  }
  await dump.says('"target":"/things?x=1&bob"', seenMs);
  dump.kill('SIGKILL');
  const { stdout } = await dump.ended;
  expect(JSON.parse(stdout)).toMatchObject({ kind: 'request', method: 'GET', bodyBytes: 0 });
  await eventually('nothing is left', { deadlineMs: 60_000 }, async () => {
    expect(await agents()).toBe('');
  });
});

test('what has no target to look at is told', async () => {
  const plain = await world.project({ services: { web: composeApp({ language: 'c' }) } });
  const ended = await plain.kdev(['dump', 'web']);
  expect([ended.code, ended.stderr]).toEqual([
    23,
    expect.stringContaining('kdev dump deployment/web'),
  ]);
});
