import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeApp } from './compose-app.ts';
import { dockerWithCompose } from './other-docker.ts';
import { expectError, expectPromptRefusals, expectRefusal, type Refusal } from './refusal.ts';
import { World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await World.open();
  await world.deploy({ name: 'orders', language: 'c' });
});
afterAll(() => world[Symbol.asyncDispose]());
afterAll(expectPromptRefusals);

const you = { actors: ['you can'] } as const;
const refused = (refusal: Refusal) => expectRefusal(world, refusal);

test('scenario 41: an unknown key: its path, and the nearest one that is known', () =>
  refused({
    ...you,
    xKdev: { incomming: 'steal' },
    code: 'KDEV2201',
    exitCode: 22,
    says: ['x-kdev.incomming of service orders (compose.yaml:', 'did you mean incoming?'],
  }));

test('scenario 41: an unknown value: its path, and what it may be', () =>
  refused({
    ...you,
    xKdev: { incoming: 'stael' },
    code: 'KDEV2202',
    exitCode: 22,
    says: ['x-kdev.incoming of service orders (compose.yaml:', '"stael"', 'did you mean steal?'],
  }));

test('scenario 41: what is not built yet is refused by name', () =>
  refused({
    ...you,
    xKdev: { incoming: 'steal', files: { write: ['/var/lib/orders'] } },
    code: 'KDEV2203',
    exitCode: 22,
    says: ['files.write', "writing to the pod's files"],
  }));

test('scenario 41: network_mode: host', () =>
  refused({
    ...you,
    service: { network_mode: 'host' },
    code: 'KDEV2301',
    exitCode: 23,
    says: ['network_mode', 'orders'],
  }));

test('scenario 41: replicas: 2', () =>
  refused({
    ...you,
    service: { deploy: { replicas: 2 } },
    code: 'KDEV2302',
    exitCode: 23,
    says: ['orders', '2'],
  }));

test('scenario 41: an unknown value in a variable: its name, and what it may be', () =>
  refused({
    ...you,
    env: { KDEV_INCOMING: 'stael' },
    code: 'KDEV2204',
    exitCode: 22,
    says: ['KDEV_INCOMING', '"stael"', 'steal'],
  }));

test('scenario 41: a service in the network of another', () =>
  refused({
    ...you,
    service: { network_mode: 'service:web' },
    others: { web: composeApp({ language: 'c' }) },
    code: 'KDEV2303',
    exitCode: 23,
    says: ['service orders', 'network of web (compose.yaml:', 'put x-kdev on web'],
  }));

test("scenario 41: a service with the name of kdev's own part", () =>
  refused({
    ...you,
    others: { 'kdev-net-orders': composeApp({ language: 'c' }) },
    code: 'KDEV2304',
    exitCode: 23,
    says: ['kdev-net-orders (compose.yaml:', 'another name'],
  }));

test('scenario 41: a container with a kernel of its own', () =>
  refused({
    ...you,
    service: { runtime: 'runsc' },
    code: 'KDEV2306',
    exitCode: 23,
    says: ['runtime: runsc (compose.yaml:'],
  }));

test("scenario 41: a secret that Compose copies in before the pod's files are there", async () =>
  refused({
    ...you,
    env: await dockerWithCompose(world.folder, '2.26.1'),
    project: { secrets: { key: { environment: 'HOME' } } },
    service: { secrets: ['key'] },
    code: 'KDEV2307',
    exitCode: 23,
    says: ['secret key', 'Compose 2.26.1', 'update Compose'],
  }));

test("scenario 41: a compose file that Compose cannot read: Compose's own words", () =>
  refused({
    ...you,
    service: { prots: ['1:1'] },
    code: 'KDEV2101',
    exitCode: 21,
    says: ['prots'],
  }));

test('scenario 41: a devcontainer.json that is none', async () => {
  const project = await world.project({ services: { orders: composeApp({ language: 'c' }) } });
  await mkdir(path.join(project.folder, '.devcontainer'));
  await writeFile(path.join(project.folder, '.devcontainer/devcontainer.json'), '{"name": x}');
  const says = ['.devcontainer/devcontainer.json:1 is no JSON', 'mend the file'];
  const ended = await project.kdev(['devcontainer', 'init']);
  expectError(ended, { ...you, code: 'KDEV2502', exitCode: 25, says });
});

test("scenario 41: kdev's image is not here and cannot be pulled", () =>
  refused({
    ...you,
    env: { KDEV_IMAGE: '127.0.0.1:9/kdev/runtime:none' },
    code: 'KDEV12201',
    exitCode: 123,
    says: ['127.0.0.1:9/kdev/runtime:none'],
  }));

test('scenario 41: an image that is not one of kdev', () =>
  refused({
    ...you,
    env: { KDEV_IMAGE: 'kdev-test/app-c:1' },
    code: 'KDEV7005',
    exitCode: 74,
    says: ['kdev-test/app-c:1'],
  }));

test('scenario 41: a published port is in use: told before there is an agent', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  try {
    await refused({
      ...you,
      service: { ports: [`127.0.0.1:${port}:8080`] },
      code: 'KDEV12301',
      exitCode: 124,
      says: [String(port)],
      unsaid: 'agent orders',
    });
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});

test('scenario 41: a file that the pod does not have: its agent is taken back', () =>
  refused({
    ...you,
    xKdev: { files: { read: ['/srv/no-such-file'] } },
    code: 'KDEV6003',
    exitCode: 62,
    says: ['/srv/no-such-file', 'x-kdev.files.read'],
    isLate: true,
  }));

test('scenario 41: Compose cannot start the service: its words, and all is taken back', () =>
  refused({
    ...you,
    service: { entrypoint: ['/no/such/program'] },
    code: 'KDEV12302',
    exitCode: 125,
    says: ['/no/such/program', 'Everything that this command had started was removed'],
    isLate: true,
  }));

test('scenario 41: a sidecar without a way to the agent says what it waits for', async () => {
  const xKdev = { target: 'deployment/orders', incoming: 'steal' };
  const project = await world.project({
    services: { orders: composeApp({ language: 'c', xKdev }) },
  });
  const env = { KDEV_REFUSE: 'unix socket,docker exec' };
  const ended = await project.kdev(['compose', 'up', '-d'], { env, deadlineMs: 80_000 });
  expect([ended.code, ended.output]).toEqual([61, expect.stringContaining('error[KDEV6002]')]);
  const words = ended.stderr.replaceAll(/\s+/g, ' ');
  expect(words).toContain('its health check says: no link to the agent');
  expect(words).toContain('no pipe to the agent: every way to the sidecar is refused');
  await project.nothingLeft(20_000);
});

test('scenario 41: another session has the port: its owner and age are told', async () => {
  const xKdev = { target: 'deployment/orders', incoming: 'steal' };
  const first = await world.project({ services: { orders: composeApp({ language: 'c', xKdev }) } });
  await first.up();
  await refused({
    ...you,
    code: 'KDEV5005',
    exitCode: 54,
    says: [':8080', 'root@', /\d+ ?s|second|just now/],
  });
  await first.compose('down');
  await first.nothingLeft(20_000);
});
