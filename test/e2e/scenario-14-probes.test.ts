import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { run } from '../run/shell.ts';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import type { Pod } from './pod.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

let world: World;
let client: PodClient;
let target: Pod;
let project: Project;

// One failed probe is enough to make the pod unready, and another one to restart it.
const probe = {
  httpGet: { path: '/probe', port: 8080 },
  periodSeconds: 1,
  timeoutSeconds: 1,
  failureThreshold: 1,
};

beforeAll(async () => {
  world = await World.open();
  [target, client] = await Promise.all([
    world.deploy({
      name: 'orders',
      language: 'python',
      container: {
        readinessProbe: probe,
        livenessProbe: { ...probe, initialDelaySeconds: 2, failureThreshold: 2 },
      },
    }),
    world.client(),
  ]);
  const xKdev = { target: 'deployment/orders', incoming: 'steal' };
  project = await world.project({ services: { orders: composeApp({ language: 'go', xKdev }) } });
  await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());

test('scenario 14: the pod stays ready while the service, which has its traffic, stands at a breakpoint', async () => {
  const answer = await client.request({ url: 'http://orders:8080/' });
  expect(answer.body?.app).toBe('service');
  const before = await state();
  const container = await project.container('orders');
  // Stopped, yet listening: as a debugger leaves it.
  await run('docker', ['pause', container]);
  try {
    const probes = await probeCount();
    await eventually(
      'the target answers 8 probes of either kind',
      { deadlineMs: 20_000 },
      async () => {
        expect(await probeCount()).toBeGreaterThanOrEqual(probes + 8);
      },
    );
    const stuck = await client.request({ url: 'http://orders:8080/', timeoutMs: 1_000 });
    expect(stuck.error).toBe('timeout');
  } finally {
    await run('docker', ['unpause', container]);
  }
  expect(await state()).toEqual(before);
  expect((await project.log('orders')).requests.some(({ path }) => path === '/probe')).toBe(false);
});

async function probeCount(): Promise<number> {
  return (await target.log()).requests.filter(({ path }) => path === '/probe').length;
}

/** Ready, since when, and how often it was restarted. */
async function state() {
  const pod = z
    .object({
      status: z.object({
        conditions: z.array(
          z.object({ type: z.string(), status: z.string(), lastTransitionTime: z.string() }),
        ),
        containerStatuses: z.array(z.object({ restartCount: z.number() })),
      }),
    })
    .parse(JSON.parse(await world.kubectl('get', 'pod', target.name, '-o', 'json')));
  const ready = pod.status.conditions.find(({ type }) => type === 'Ready');
  expect(ready?.status).toBe('True');
  return { ready, restarts: pod.status.containerStatuses[0]?.restartCount };
}
