import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import { inDocker } from './leftovers.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

const url = 'http://orders:8080/';

let world: World;
let client: PodClient;
let ada: Project;
let bob: Project;

beforeAll(async () => {
  world = await World.open();
  [client] = await Promise.all([
    world.client(),
    world.deploy({ name: 'orders', language: 'python', ports: [8080, 8082] }),
  ]);
  [ada, bob] = await Promise.all([
    world.project(standIn('ada', { mode: 'steal', flush: true })),
    world.project(standIn('bob', 'mirror')),
  ]);
});
afterAll(() => world[Symbol.asyncDispose]());

/** A project whose service stands for the target; it answers with its developer's name. */
function standIn(name: string, incoming: unknown) {
  const xKdev = { target: 'deployment/orders', incoming };
  const orders = composeApp({ language: 'c', xKdev, environment: { NAME: name } });
  return { services: { orders } };
}

/** As one line, wherever the terminal wraps. */
const flat = (text: string) => text.replaceAll(/\s+/g, ' ');

const whose = async (request = url) => (await client.request({ url: request })).body?.app;

test('scenario 13: two developers share a port by their filters, and one goes on when the other leaves', async () => {
  const only = (user: string) => ({ mode: 'steal', flush: true, filter: `x-user=${user}` });
  await ada.write(standIn('ada', { ...only('ada'), ports: [8080] }));
  await bob.write(standIn('bob', { ...only('bob'), ports: [8080] }));
  await ada.up();
  await bob.up();
  const asks = async (user: string) =>
    (await client.request({ url, headers: { 'x-user': user } })).body?.app;
  for (const user of ['ada', 'bob']) expect(await asks(user)).toBe(user);
  expect(await asks('eve')).toBe('target-orders');
  const { stdout } = await bob.kdev(['ls']);
  expect(stdout).toMatch(
    /steals :8080 with header x-user=ada, \d+ \w+; \S+ steals :8080 with header x-user=bob/,
  );
  const what = await world.kubectl(
    'get',
    'jobs',
    '-o',
    "jsonpath={..metadata.annotations['kdev\\.dev/what']}",
  );
  expect(what).toMatch(/\S+ steals :8080 of deployment\/orders with header x-user=ada since /);
  await ada.compose('down');
  expect(await asks('ada')).toBe('target-orders');
  expect(await asks('bob')).toBe('bob');
  await bob.compose('down');
  await ada.write(standIn('ada', { mode: 'steal', flush: true }));
  await bob.write(standIn('bob', 'mirror'));
});

test('scenario 13: a port that somebody steals is refused before anything is made, with who and since when; a mirror is not', async () => {
  await Promise.all([ada.up(), bob.up()]);
  expect(await whose()).toBe('ada');
  await eventually('bob sees the request too', { deadlineMs: 10_000 }, async () => {
    expect((await bob.log('orders')).requests.length).toBeGreaterThan(0);
  });
  await bob.compose('down');
  const refused = await bob.kdev(['compose', 'up', '-d'], { env: { KDEV_INCOMING: 'steal' } });
  expect(refused.code).toBe(54);
  expect(flat(refused.stderr)).toMatch(
    /KDEV5005.*\S+@\S+ already steals :8080 :8082 of deployment\/orders, for \d+ s now/,
  );
  const jobs = await world.kubectl('get', 'jobs', '-o', 'name');
  expect(jobs.split('\n')).toHaveLength(1); // ada's
  expect(await inDocker(bob.name)).toEqual([]);
});

test('scenario 13: a port that another session takes later is told in the running one, and comes in once it is free', async () => {
  await bob.write(standIn('bob', { mode: 'steal', ports: 'all', ignore: [9900, 8082] }));
  const up = await bob.up();
  expect(flat(up.output)).toMatch(/does not answer for .*already steals :8080.*KDEV5005/);
  expect(await whose()).toBe('ada');
  const status = flat((await bob.kdev(['status'])).stdout);
  expect(status).toMatch(/another session has it: the target answers/);
  expect(status).toMatch(/KDEV5005: \S+@\S+ already steals :8080 of deployment\/orders/);
  const held = await bob.kdev(['ls']);
  expect(held.stdout).toMatch(
    /deployment\/orders .*steals :8080 :8082, \d+ \w+; .*steals every port/,
  );
  await ada.compose('down');
  await eventually('bob has the port', { deadlineMs: 20_000 }, async () => {
    expect(await whose()).toBe('bob');
  });
  expect((await bob.kdev(['status'])).stdout).not.toContain('KDEV5005');
});
