import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { run as command } from '../run/shell.ts';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

const MEBIBYTE = 1 << 20;
const file = (name: string) => readFile(path.join(import.meta.dirname, name), 'utf8');

let world: World;
let project: Project;
let clientPod: string;
let client: PodClient;
let said: string;

// The test app beside it answers on the port that is never intercepted.
const withApp = ['sh', '-c', 'node --input-type=module -e "$PROGRAM" & exec /app'];

beforeAll(async () => {
  world = await World.open();
  const program = await file('filter-server.mjs');
  const orders = {
    name: 'orders',
    language: 'node',
    ports: [8080, 8025],
    env: [
      { name: 'PROGRAM', value: program },
      { name: 'PORTS', value: '9901' },
      // As long as `service`, so that the answers are of one length.
      { name: 'NAME', value: 'the-pod' },
    ],
    container: { command: withApp },
  } as const;
  [client] = await Promise.all([
    world.client(),
    world.deploy(orders),
    world.deploy({ name: 'billing', language: 'c' }),
  ]);
  clientPod = (await world.podOf('client')).name;
  project = await world.project({
    services: {
      orders: composeApp({
        language: 'node',
        environment: { PORTS: '9901', PROGRAM: program.replaceAll('$', '$$$$') },
        more: { entrypoint: withApp.map((word) => word.replaceAll('$', '$$$$')) },
        xKdev: {
          target: 'deployment/orders',
          incoming: { mode: 'steal', filter: { header: { 'X-User': '~^ad' } } },
        },
      }),
      billing: composeApp({
        language: 'python',
        xKdev: {
          target: 'deployment/billing',
          incoming: { mode: 'mirror', filter: 'x-user=ada' },
        },
      }),
    },
  });
  said = (await project.up()).output;
});
afterAll(() => world[Symbol.asyncDispose]());

/** Runs the client's program in its pod. */
async function run(...args: string[]): Promise<unknown> {
  const input = await file('filter-client.mjs');
  const node = ['node', '--input-type=module', '-', ...args];
  const command = ['exec', '-i', clientPod, '--', ...node];
  return JSON.parse(await world.kubectlWith({ input, timeoutMs: 120_000 }, ...command));
}

const answer = z.object({ status: z.number(), text: z.string() });

async function ask(user: string, url: string): Promise<z.infer<typeof answer>> {
  return answer.parse(await run('ask', user, url));
}

test('scenario 12: whatever a request looks like, it goes its way by its header, and its answer comes back as it was', async () => {
  const told = z
    .object({
      heard: z.object({ ada: z.record(z.string(), z.unknown()), bob: z.unknown() }),
      turns: z.array(answer),
      order: z.array(z.string()),
      connections: z.number(),
      banner: z.string(),
    })
    .parse(await run('all'));
  const { ada, bob } = told.heard;
  // Both heard the same, each from its own side.
  const asBob = JSON.stringify(ada).replaceAll('service', 'the-pod').replaceAll('ada', 'bob');
  expect(JSON.parse(asBob)).toEqual(bob);
  expect(ada).toMatchObject({
    get: { status: 200, text: expect.stringContaining('"url":"/a?b=c"') },
    post: { text: expect.stringContaining('"length":200000') },
    chunked: { text: expect.stringMatching(/"length":16,.*"rawTrailers":\["X-Sum","16"\]/) },
    expect: { interim: [100], text: expect.stringContaining('"length":5') },
    head: { status: 200, text: '' },
    204: { status: 204, text: '' },
    304: { status: 304, rawHeaders: expect.arrayContaining(['etag', '"1"']) },
    early: {
      interim: [103],
      statusMessage: 'Quite Fine',
      rawHeaders: expect.arrayContaining(['X-oDD-Case']),
      rawTrailers: ['X-Sum', '42'],
      text: 'service',
    },
    webSocket: ['service heard hello', 'service heard again'],
    events: 'data: service 3\n\ndata: service 2\n\ndata: service 1\n\n',
  });
  const [service, target] = ['"name":"service"', '"name":"the-pod"'];
  const names = told.turns.map(({ text }) => (text.includes('"service"') ? service : target));
  expect(names).toEqual([service, target, target, service, target]);
  const order = ['the-pod', 'service', 'service', 'the-pod', 'the-pod', 'service'];
  expect(told.order).toEqual(order);
  expect(told.connections).toBe(1);
  // Scenario 6: a protocol whose server speaks first.
  expect(told.banner).toBe('220 the-pod\r\n');
});

test('scenario 12: a client that leaves, and a side that breaks off, are noticed by the other end', async () => {
  for (const user of ['ada', 'bob']) {
    await eventually('the listener of events is gone', { deadlineMs: 10_000 }, async () => {
      const { text } = await ask(user, '/gone');
      expect(text).toMatch(/"gone":[1-9]/);
    });
    const cut = await run('ask', user, '/cut');
    expect(cut).toMatchObject({ status: 200, error: 'ECONNRESET' });
  }
});

test('scenario 12: the first lines, the status and the agent’s Job tell the filter', async () => {
  const words = 'of deployment/orders with header X-User=~^ad';
  const flat = (text: string) => text.replace(/\s+/g, ' ');
  expect(flat(said)).toContain(`steal :8080 :8025 ${words}, pod`);
  const { output } = await project.kdev(['status']);
  expect(flat(output)).toContain(`stealing :8080 :8025 ${words} (`);
  const what = "jsonpath={.items[*].metadata.annotations['kdev\\.dev/what']}";
  expect(await world.kubectl('get', 'jobs', '-o', what)).toContain(`${words} since`);
});

test('scenario 9: a mirror with a filter: four requests are sent, two are seen', async () => {
  const url = 'http://billing:8080/bills';
  for (const user of ['ada', 'bob', 'ada', 'eve']) {
    const headers = { 'X-User': user };
    const body = `of ${user}`;
    const { body: seen } = await client.request({ url, method: 'POST', body, headers });
    expect(seen).toMatchObject({ app: 'target-billing', body: `of ${user}` });
  }
  await eventually('the service sees two', { deadlineMs: 10_000 }, async () => {
    const { requests } = await project.log('billing');
    expect(requests.map(({ headers }) => headers['x-user'])).toEqual(['ada', 'ada']);
  });
});

const memory = z.object({
  sessions: z.array(
    z.object({
      services: z.array(
        z.object({
          service: z.string(),
          agent: z.object({ rssBytes: z.number() }),
          sidecar: z.object({ rssBytes: z.number() }),
        }),
      ),
    }),
  ),
});

/** Of agent, sidecar and session. */
async function memoryOf(service: string): Promise<readonly number[]> {
  const { output } = await project.kdev(['status', '-o', 'json']);
  const { sessions } = memory.parse(JSON.parse(output.slice(output.indexOf('{'))));
  const found = sessions.flatMap(({ services }) => services).find((one) => one.service === service);
  const session = await readFile(`/proc/${project.processId('session')}/status`, 'utf8');
  const kibibytes = Number(/^VmRSS:\s+(\d+)/m.exec(session)?.[1]);
  return [found?.agent.rssBytes ?? 0, found?.sidecar.rssBytes ?? 0, kibibytes * 1024];
}

test('scenario 12: 1 GiB goes up to the service in constant memory; what goes up may come back meanwhile', async () => {
  // Behind it, what is allocated once is there.
  const back = String(128 * MEBIBYTE);
  expect(await run('upload', 'ada', '/back', back)).toMatchObject({ length: Number(back) });
  const before = await memoryOf('orders');
  const bytes = 1024 * MEBIBYTE;
  const { text } = answer.parse(await run('upload', 'ada', '/up', String(bytes)));
  expect(JSON.parse(text)).toMatchObject({ name: 'service', length: bytes });
  const after = await memoryOf('orders');
  for (const [at, now] of after.entries()) {
    expect(now - (before[at] ?? 0), `agent, sidecar, session: ${at}`).toBeLessThan(64 * MEBIBYTE);
  }
});

test('scenario 12: a service that refuses its requests is told to their clients, and without it the target answers all', async () => {
  await ask('ada', '/hide');
  expect(await ask('ada', '/x')).toMatchObject({
    status: 502,
    text: expect.stringMatching(/^kdev: the service .* port 8080 does not take .*ECONNREFUSED/),
  });
  expect((await ask('bob', '/x')).text).toContain('"the-pod"');
  const stop = ['/app', 'request', 'GET', 'http://127.0.0.2:8080/stop'];
  await command('docker', ['exec', await project.container('orders'), ...stop]);
  await eventually('the target answers', { deadlineMs: 10_000 }, async () => {
    expect((await ask('ada', '/x')).text).toContain('"the-pod"');
  });
});
