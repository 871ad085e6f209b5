import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

let world: World;
let client: PodClient;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  [client] = await Promise.all([world.client(), world.deploy({ name: 'orders', language: 'go' })]);
  const xKdev = { target: 'deployment/orders', incoming: 'steal' };
  project = await world.project({ services: { orders: composeApp({ language: 'c', xKdev }) } });
});
afterEach(() => project.remove());
afterAll(() => world[Symbol.asyncDispose]());

/** `up` is done when the container has started; the program in it may listen a moment later. */
async function serviceAnswers(): Promise<void> {
  await eventually('the service answers', { deadlineMs: 5_000 }, async () => {
    const answer = await client.request({ url: 'http://orders:8080/' });
    expect(answer.body?.app).toBe('service');
  });
}

/** The best way, and what is left of it when its upper rungs are refused. */
test.each([
  ['nothing', '', ['pods/proxy', 'unix socket']],
  ['pods/proxy', 'pods/proxy', ['port-forward', 'unix socket']],
  ['the unix socket', 'unix socket', ['pods/proxy', 'docker exec']],
  ['both', 'pods/proxy,unix socket', ['port-forward', 'docker exec']],
])(
  'with %s refused, the next rung carries all of it, and status tells',
  async (_, refused, legs) => {
    const up = await project.kdev(['compose', 'up', '-d'], { env: { KDEV_REFUSE: refused } });
    expect([up.code, up.output]).toEqual([0, expect.stringContaining('now answers for')]);
    await serviceAnswers();
    const status = await project.kdev(['status', '-o', 'json']);
    const [session] = JSON.parse(status.stdout).sessions;
    expect(session.services[0]).toMatchObject({
      service: 'orders',
      state: 'serving',
      pipe: { up: true, legs },
      agent: { incoming: { mode: 'steal', ports: [8080] } },
      sidecar: { link: { state: 'up' }, missing: [] },
    });
  },
);

test('status tells it in words, and what is wide in more', async () => {
  await project.up();
  await serviceAnswers();
  const { stdout } = await project.kdev(['status']);
  expect(stdout).toContain('stealing :8080 of deployment/orders');
  expect(stdout).toMatch(/link ok \d+ ms/);
  const wide = await project.kdev(['status', '-o', 'wide']);
  expect(wide.stdout).toContain('way: pods/proxy, then unix socket');
  const table = await project.kdev(['status', '-o', 'table']);
  expect(table.stdout.split('\n')[1]).toMatch(/orders +steal +deployment\/orders/);
  const none = await project.kdev(['status', '-o', 'xml']);
  expect([none.code, none.stderr]).toEqual([20, expect.stringContaining('KDEV2001')]);
});
