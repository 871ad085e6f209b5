import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeApp } from './compose-app.ts';
import type { Pod } from './pod.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

let world: World;
let target: Pod;
let client: PodClient;
let project: Project;
const url = 'http://orders:8080';

beforeAll(async () => {
  world = await World.open();
  [target, client] = await Promise.all([
    world.deploy({ name: 'orders', language: 'node' }),
    world.client(),
  ]);
  project = await world.project({
    services: {
      orders: composeApp({
        language: 'c',
        xKdev: { target: 'deployment/orders', incoming: 'steal' },
      }),
    },
  });
  await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());

test('scenario 1: GET, POST, PUT and DELETE are answered by the service, the target sees nothing', async () => {
  for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
    const body = method === 'GET' ? '' : `the body of a ${method}`;
    const answer = await client.request({ url: `${url}/things/7?x=1`, method, body });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      app: 'service',
      language: 'c',
      method,
      path: '/things/7?x=1',
      length: body.length,
      body,
    });
  }
  expect((await target.log()).requests).toEqual([]);
  expect(await world.kubectl('logs', target.name)).toBe('');
});

test("scenario 11: the service sees the client's true address and port", async () => {
  for (let round = 0; round < 3; round += 1) {
    const { local, body } = await client.request({ url });
    expect(local?.address).toBe(client.address);
    expect(body?.peer).toEqual(local);
  }
});

test('scenario 1: after the end the target answers again, and nothing is left', async () => {
  await project.compose('down');
  const answer = await client.request({ url });
  expect(answer.body?.app).toBe('target-orders');
  await project.nothingLeft(5_000);
});
