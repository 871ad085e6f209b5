import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RawResult } from './client.ts';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

const url = 'http://orders:8080/';
const bytes = 80 * 1024 * 1024;
let world: World;
let client: PodClient;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  [client] = await Promise.all([
    world.client(),
    world.deploy({ name: 'orders', language: 'c', rawPort: 9000 }),
    world.deploy({ name: 'peer', language: 'go', rawPort: 9000 }),
  ]);
  const xKdev = { target: 'deployment/orders', incoming: 'steal' };
  const orders = composeApp({ language: 'node', environment: { RAW_PORT: '9000' }, xKdev });
  project = await world.project({ services: { orders } });
  await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());

/** Starts a transfer, disturbs it once it runs, and expects every byte back. */
async function surviving(transfer: Promise<RawResult>, disturb: () => Promise<void>) {
  const before = world.way.bytes;
  await eventually('bytes travel', { deadlineMs: 5_000, everyMs: 20 }, () => {
    expect(world.way.bytes).toBeGreaterThan(before + 4_000_000);
  });
  await disturb();
  const result = await transfer;
  expect(result).toMatchObject({ bytes, ended: 'eof' });
  expect(result.received).toBe(result.sent);
}

function echo(): Promise<RawResult> {
  return client.raw({ host: 'orders', port: 9000, line: 'echo', bytes });
}

test('scenario 39: the way to the API server is cut three times in a transfer: not a byte is lost', async () => {
  await surviving(echo(), async () => {
    for (let cut = 0; cut < 3; cut += 1) {
      world.way.cut();
      const passed = world.way.bytes;
      await eventually('bytes travel again', { deadlineMs: 5_000, everyMs: 20 }, () => {
        expect(world.way.bytes).toBeGreaterThan(passed + 2_000_000);
      });
    }
  });
});

test('scenario 39: an outgoing connection survives the cut as well', async () => {
  const outgoing = await project.client('orders');
  const transfer = outgoing.raw({ host: 'peer', port: 9000, line: 'echo', bytes });
  await surviving(transfer, async () => world.way.cut());
});

test('scenario 39: no way to the API server for 5 s: the transfer goes on', async () => {
  await surviving(echo(), async () => {
    world.way.state = 'refuses';
    world.way.cut();
    await delay(5_000);
    const passed = world.way.bytes;
    world.way.state = 'passes';
    await eventually('bytes travel again', { deadlineMs: 6_000, everyMs: 20 }, () => {
      expect(world.way.bytes).toBeGreaterThan(passed + 1_000_000);
    });
  });
});

test('scenario 39: a black hole of 5 s both ways: not a byte is lost', async () => {
  await surviving(echo(), async () => {
    world.way.state = 'swallows';
    await delay(5_000);
    world.way.state = 'passes';
  });
});

test('scenario 39: a black hole that stays gives the target its traffic within 30 s; when it ends the service has it again', async () => {
  const watcher = await client.watch(url, { everyMs: 100, timeoutMs: 15_000 });
  try {
    await watcher.sees('the service answers', 5_000, ({ app }) => app === 'service');
    world.way.state = 'swallows';
    const since = Date.now();
    await watcher.sees('the target answers', 30_000, ({ app }) => app === 'target-orders');
    // Those that were asked in between have waited for the service, and are answered as well.
    const { n } = await watcher.sees('a request', 2_000, () => true);
    await watcher.sees('30 more are answered', 15_000, (glimpse) => glimpse.n > n + 30);
    const asked = watcher.glimpses.filter(({ at, elapsedMs }) => at - elapsedMs > since);
    expect(asked.filter(({ app }) => app !== 'target-orders')).toEqual([]);
    world.way.state = 'passes';
    await watcher.sees('the service answers again', 15_000, ({ app }) => app === 'service');
  } finally {
    world.way.state = 'passes';
    await watcher.stop();
  }
});
