import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appImage } from '../fixtures/app-images.ts';
import { run } from '../run/shell.ts';
import { changeWatched } from './change-watched.ts';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

// A service that does not come back before the test lets it: the mode says whether it starts, waits or fails.
const start = `#!/bin/sh
grep -q crash /state/mode && exit 1
until grep -q go /state/mode; do sleep 0.1; done
echo $$ > /tmp/pid
exec /app
`;
const longMs = 60_000;

let world: World;
let client: PodClient;
let project: Project;
let session: string;

beforeAll(async () => {
  world = await World.open();
  [client] = await Promise.all([world.client(), world.deploy({ name: 'orders', language: 'go' })]);
  project = await world.project({
    services: {
      orders: {
        ...composeApp({
          language: 'node',
          xKdev: { target: 'deployment/orders', incoming: 'steal' },
        }),
        image: `${world.namespace}-away`,
        build: 'orders',
        init: true,
        restart: 'always',
        volumes: ['./state:/state'],
        develop: {
          watch: [
            { action: 'sync', path: 'orders/synced', target: '/synced' },
            { action: 'sync+restart', path: 'orders/restarted', target: '/restarted' },
            { action: 'rebuild', path: 'orders/baked' },
          ],
        },
      },
    },
  });
  for (const folder of ['state', 'orders/synced', 'orders/restarted', 'orders/baked']) {
    await mkdir(path.join(project.folder, folder), { recursive: true });
  }
  const dockerfile = [
    `FROM ${appImage('node')}`,
    'COPY --chmod=755 start /start',
    'COPY baked /baked',
    'ENTRYPOINT ["/start"]\n',
  ];
  await write('orders/Dockerfile', dockerfile.join('\n'));
  await write('orders/start', start);
  await write('orders/baked/file', 'first');
  await mode('go');
  await project.up();
  session = await sessionId();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await run('docker', ['image', 'rm', '--force', `${world.namespace}-away`]);
});

const write = (file: string, text: string) => writeFile(path.join(project.folder, file), text);
const mode = (word: 'go' | 'wait' | 'crash') => write('state/mode', word);

async function answeredBy(app: string): Promise<void> {
  await eventually(`${app} answers`, { deadlineMs: longMs }, async () => {
    expect((await client.request({ url: 'http://orders:8080/' })).body?.app).toBe(app);
  });
}

async function sessionId(): Promise<string> {
  const { stdout } = await project.kdev(['status', '-o', 'json']);
  return JSON.parse(stdout).sessions[0].session;
}

/** The service goes away and is let back: its target answers meanwhile, and the session is the same. */
async function awayAndBack(goAway: () => Promise<unknown>, how: 'wait' | 'crash'): Promise<void> {
  await answeredBy('service');
  await mode(how);
  await goAway();
  await answeredBy('target-orders');
  await mode('go');
  await answeredBy('service');
}

function changed(file: string, text: string, seen: () => Promise<string>): Promise<void> {
  return changeWatched(path.join(project.folder, file), text, seen);
}

async function content(file: string): Promise<string> {
  return await run('docker', ['exec', await project.container('orders'), 'cat', file]);
}

test('scenario 36: while a restarted service does not listen, its target answers', async () => {
  await awayAndBack(() => project.compose('restart', 'orders'), 'wait');
  expect(await sessionId()).toBe(session);
});

test('scenario 36: while a service crashes again and again, its target answers', async () => {
  const container = await project.container('orders');
  await awayAndBack(async () => {
    await run('docker', ['exec', container, 'sh', '-c', 'kill -9 $(cat /tmp/pid)']);
    await eventually('it has crashed several times', { deadlineMs: longMs }, async () => {
      const count = await run('docker', ['inspect', '--format', '{{.RestartCount}}', container]);
      expect(Number(count)).toBeGreaterThan(3);
    });
  }, 'crash');
  expect(await sessionId()).toBe(session);
});

/** The service is made anew by a watch, and away in between. */
async function rebuilt(text: string): Promise<void> {
  const before = await project.container('orders');
  await awayAndBack(() => changed('orders/baked/file', text, () => content('/baked/file')), 'wait');
  expect(await project.container('orders')).not.toBe(before);
}

test('scenario 36: watch: sync, sync+restart and rebuild keep the session', async () => {
  const watch = project.start(['compose', 'watch'], { deadlineMs: 4 * longMs });
  try {
    await watch.says(/watch enabled/i, longMs);
    const before = await project.container('orders');
    await changed('orders/synced/file', 'new', () => content('/synced/file'));
    await awayAndBack(
      () => changed('orders/restarted/file', 'new', () => content('/restarted/file')),
      'wait',
    );
    expect(await project.container('orders')).toBe(before);
    await rebuilt('by watch');
    expect(await sessionId()).toBe(session);
  } finally {
    watch.killGroup('SIGINT');
    await watch.ended;
  }
  await answeredBy('service');
});

test('scenario 36: up --watch holds the session, and ends it', async () => {
  await project.compose('down');
  const watch = project.start(['compose', 'up', '--watch'], { deadlineMs: 4 * longMs });
  try {
    await watch.says(/watch enabled/i, longMs);
    await answeredBy('service');
    await rebuilt('by up');
  } finally {
    watch.killGroup('SIGINT');
    await watch.ended;
  }
  await answeredBy('target-orders');
  await project.nothingLeft(20_000);
});
