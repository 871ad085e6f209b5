import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import { tablesOf } from './host-processes.ts';
import type { Pod } from './pod.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

const url = 'http://orders:8080/';
let world: World;
let client: PodClient;
let target: Pod;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  [target, client] = await Promise.all([
    world.deploy({ name: 'orders', language: 'go' }),
    world.client(),
  ]);
  project = await world.project({});
});
afterAll(() => world[Symbol.asyncDispose]());

async function up(incoming: string): Promise<void> {
  const xKdev = { target: 'deployment/orders', incoming };
  await project.write({ services: { orders: composeApp({ language: 'c', xKdev }) } });
  await project.up();
}

test('scenario 10: the agent is killed while it steals: the target serves the next request, no rule is left', async () => {
  await up('steal');
  const watcher = await client.watch(url, { everyMs: 20 });
  try {
    await watcher.sees('the service answers', 5_000, ({ app }) => app === 'service');
    const killedAt = await killAgent();
    const next = await watcher.sees(
      'a request made after the kill is answered',
      2_000,
      ({ at, elapsedMs }) => at - elapsedMs > killedAt,
    );
    expect(next).toMatchObject({ status: 200, app: 'target-orders' });
    expect(await kdevTables()).toEqual([]);
  } finally {
    await watcher.stop();
  }
  await project.compose('down');
});

test('scenario 10: the agent is killed while it mirrors: no request of the client fails, no rule is left', async () => {
  await up('mirror');
  const watcher = await client.watch(url, { everyMs: 5 });
  try {
    await eventually('the service sees requests', { deadlineMs: 5_000 }, async () => {
      expect((await project.log('orders')).requests.length).toBeGreaterThan(0);
    });
    const killedAt = await killAgent();
    await watcher.sees('requests go on', 2_000, ({ at }) => at > killedAt + 500);
    expect(watcher.glimpses.filter(({ app }) => app !== 'target-orders')).toEqual([]);
    expect(await kdevTables()).toEqual([]);
  } finally {
    await watcher.stop();
  }
});

/** Says when the agent was dead. */
async function killAgent(): Promise<number> {
  const pids = await world.agentProcesses();
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  return await eventually('the agent is dead', { deadlineMs: 1_000, everyMs: 5 }, () => {
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    return Date.now();
  });
}

async function kdevTables(): Promise<string[]> {
  return (await tablesOf(target.containerId)).filter((table) => table.includes('kdev'));
}
