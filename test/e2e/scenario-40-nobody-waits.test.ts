import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Watcher } from './client.ts';
import { composeApp } from './compose-app.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

const url = 'http://orders:8080/';
const patienceMs = 10_000;

let world: World;
let client: PodClient;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  [client] = await Promise.all([world.client(), world.deploy({ name: 'orders', language: 'go' })]);
  const xKdev = { target: 'deployment/orders', incoming: 'steal' };
  project = await world.project({ services: { orders: composeApp({ language: 'c', xKdev }) } });
  await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());

/** Many ask at once while something happens; a client without an answer nor a reset after its patience is one that would wait for ever. */
async function nobodyWaits(happen: (watcher: Watcher) => Promise<unknown>): Promise<void> {
  const watcher = await client.watch(url, { everyMs: 20, timeoutMs: patienceMs });
  try {
    await watcher.sees('the service answers', 20_000, ({ app }) => app === 'service');
    await happen(watcher);
    await delay(patienceMs + 1_000);
    expect(watcher.glimpses.filter(({ error }) => error === 'timeout')).toEqual([]);
  } finally {
    await watcher.stop();
  }
}

test('scenario 40: the target is rolled out while it is stolen: no client is left waiting', async () => {
  await nobodyWaits(async (watcher) => {
    for (let round = 0; round < 2; round++) {
      await world.kubectl('rollout', 'restart', 'deployment/orders');
      await world.kubectl('rollout', 'status', 'deployment/orders', '--timeout=50s');
      await watcher.sees('the service answers again', 30_000, ({ app }) => app === 'service');
    }
  });
});

test('scenario 38: the session is killed while many ask: no client is left waiting', async () => {
  await nobodyWaits(async (watcher) => {
    process.kill(project.processId('__session'), 'SIGKILL');
    await watcher.sees('the target answers', 30_000, ({ app }) => app === 'target-orders');
  });
});
