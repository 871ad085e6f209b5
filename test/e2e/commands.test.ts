import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeApp } from './compose-app.ts';
import type { Project } from './project.ts';
import { World } from './world.ts';

let world: World;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  await Promise.all([
    world.deploy({ name: 'orders', language: 'go' }),
    world.deploy({ name: 'peer', language: 'go' }),
  ]);
  const labels = { app: 'db' };
  await world.apply({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'db', image: 'none' }] } },
    },
  });
  project = await world.project({
    services: {
      orders: composeApp({
        language: 'c',
        xKdev: { target: 'deployment/orders', incoming: 'steal' },
      }),
      web: composeApp({ language: 'c' }),
    },
  });
  await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());

/** What a command prints where it succeeds. */
async function printed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await project.kdev(args);
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  return stdout;
}

test('kdev ls: targets, their ports, and whose they are', async () => {
  const text = await printed('ls');
  expect(text).toMatch(/^deployment\/orders +1\/1 +8080 +\S+@\S+ steals :8080, \d+ s$/m);
  expect(text).toMatch(/^deployment\/peer +1\/1 +8080 +-$/m);
  expect(text).toMatch(/^statefulset\/db +not supported yet +-/m);
  expect(text).not.toContain('kdev-agent');
  const { schemaVersion, namespace, targets } = JSON.parse(await printed('ls', '-o', 'json'));
  expect([schemaVersion, namespace]).toEqual([1, world.namespace]);
  const pod = targets.find(({ target }: { target: string }) => target.startsWith('pod/orders-'));
  expect(pod).toMatchObject({
    partOf: 'deployment/orders',
    ports: [{ port: 8080 }],
    heldBy: [{ service: 'orders', mode: 'steal', ports: [8080] }],
  });
});
