import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appImage } from '../fixtures/app-images.ts';
import { run } from '../run/shell.ts';
import { eventually } from './eventually.ts';
import type { Ended } from './kdev-command.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

let world: World;
let client: PodClient;
let project: Project;

const composeFile = `# the shop
services:
  orders:                 # what we work on
    image: ${appImage('c')}
    environment: { NAME: service, PORTS: "8080" }
    stop_grace_period: 1s
    expose: [8080]

  # nobody's here
  cache:
    image: ${appImage('c')}
`;

beforeAll(async () => {
  world = await World.open();
  [client] = await Promise.all([
    world.client(),
    world.deploy({ name: 'orders', language: 'go' }),
    world.deploy({ name: 'orders-worker', language: 'go' }),
  ]);
  project = await world.project({});
  await write(`name: ${project.name}\n${composeFile}`);
});
afterAll(() => world[Symbol.asyncDispose]());

const clusterName = () => world.ground.cluster.context.replace(/^kdev-test-/, '');
const inFolder = (name: string) => path.join(project.folder, name);
const write = (text: string) => writeFile(inFolder('compose.yaml'), text);
const read = () => readFile(inFolder('compose.yaml'), 'utf8');
const init = (...args: string[]): Promise<Ended> => project.kdev(['init', ...args]);

/** What `kdev` alone says at its end. */
async function beginning(): Promise<string | undefined> {
  return (await project.kdev([])).stdout.trimEnd().split('\n').at(-1);
}

test('kdev alone leads to init in a project that has no x-kdev, and compose does not', async () => {
  expect(await beginning()).toBe('  kdev init');
  const { stdout, stderr } = await project.kdev(['compose', 'ps', '--quiet']);
  expect([stdout, stderr]).toEqual(['', '']);
});

test('kdev init: without a terminal it shows the lines, and writes nothing', async () => {
  const before = await read();
  const { code, stdout, stderr } = await init('--incoming', 'steal');
  expect([code, stderr]).toEqual([0, expect.stringContaining('--yes writes it')]);
  expect(stderr).toContain('orders stands for deployment/orders: the same name, port 8080');
  expect(stdout).toMatch(/^--- compose\.yaml$/m);
  expect(stdout).toContain(
    '+    x-kdev:\n+      target: deployment/orders\n+      incoming: steal\n',
  );
  expect(await read()).toBe(before);
});

test('kdev init: on a terminal it asks; a no and an end of the input leave all as it is', async () => {
  const before = await read();
  for (const answer of ['n\r', '\u0004']) {
    const asking = project.startOnTerminal(['init']);
    await asking.says('Write this? [y/N]', 60_000);
    asking.type(answer);
    const { code } = await asking.ended;
    expect([code, asking.output]).toEqual([0, expect.stringContaining('Nothing was written.')]);
  }
  const asking = project.startOnTerminal(['init']);
  await asking.says('Write this? [y/N]', 60_000);
  asking.type('\u0003');
  expect((await asking.ended).code).toBe(130);
  expect(await read()).toBe(before);
});

test('kdev init: after a yes the project works as it is, comments and layout kept', async () => {
  const before = await read();
  const asking = project.startOnTerminal(['init', '--incoming', 'steal']);
  await asking.says('Write this? [y/N]', 60_000);
  asking.type('y\r');
  await asking.ended;
  // KDEV_IMAGE names the image here: nothing is to be brought anywhere.
  expect(asking.output).toMatch(/Written\. Next:\s+kdev compose up -d +orders takes the place/);
  const added = '    x-kdev:\n      target: deployment/orders\n      incoming: steal\n';
  const [head, tail] = before.split('[8080]\n');
  const line = '# yaml-language-server: $schema=.kdev/compose.schema.json\n';
  expect(await read()).toBe(`${line}${head}[8080]\n${added}${tail}`);
  const schema = JSON.parse(await readFile(inFolder('.kdev/compose.schema.json'), 'utf8'));
  expect(schema).toHaveProperty('properties.services');
  expect(await beginning()).toBe('  kdev compose up -d');
  await project.up();
  await eventually('the service answers', { deadlineMs: 30_000 }, async () => {
    expect((await client.request({ url: 'http://orders:8080/' })).body?.app).toBe('service');
  });
  await project.compose('down');
});

test('a node that lacks kdev’s image: up says which command brings it, and that does', async () => {
  const image = `kdev-test/runtime:${world.namespace}`;
  const env = { KDEV_IMAGE: image };
  await run('docker', ['tag', world.ground.image, image]);
  try {
    const refused = await project.kdev(['compose', 'up', '-d'], { env, deadlineMs: 120_000 });
    expect([refused.code, refused.stderr]).toEqual([70, expect.stringContaining('KDEV7001')]);
    const [, words = ''] = /^ *you can +kdev (image load .*)$/m.exec(refused.stderr) ?? [];
    const loading = words.trim().split(/ +/).slice(0, 6);
    expect(loading).toEqual(['image', 'load', '--tag', image, '--cluster', clusterName()]);
    const loaded = await project.kdev(loading, { deadlineMs: 160_000 });
    expect([loaded.code, loaded.stderr]).toEqual([0, expect.any(String)]);
    const { code, stderr } = await project.kdev(['compose', 'up', '-d'], {
      env,
      deadlineMs: 120_000,
    });
    expect([code, stderr]).toEqual([0, expect.stringContaining('orders now answers')]);
  } finally {
    await project.kdev(['compose', 'down'], { env });
    await run('docker', ['image', 'rm', image]);
  }
}, 240_000);

test('kdev init: a service that has x-kdev is left as it is', async () => {
  const before = await read();
  for (const words of [[], ['orders', '--yes']]) {
    const { code, stderr } = await init(...words);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/orders has x-kdev .*yaml:\d+/)]);
  }
  expect(await read()).toBe(before);
});

test('kdev init: what is asked for is written, with --yes at once', async () => {
  const words = [
    'cache',
    '--target',
    'deploy/orders-worker',
    '--image',
    'registry.example.com/k:1',
  ];
  const place = ['-n', world.namespace, '--context', world.ground.cluster.context, '--no-schema'];
  const { code, stdout, stderr } = await init(...words, ...place, '--yes', '-o', 'json');
  expect([code, stderr]).toEqual([0, expect.stringContaining('Written.')]);
  expect(JSON.parse(stdout)).toMatchObject({
    schemaVersion: 1,
    service: 'cache',
    target: 'deployment/orders-worker',
    files: [inFolder('compose.yaml')],
  });
  const added = [
    'target: deployment/orders-worker',
    `context: ${world.ground.cluster.context}`,
    `namespace: ${world.namespace}`,
    'agent:',
    '  image: registry.example.com/k:1',
  ];
  expect(await read()).toContain(`    x-kdev:\n${added.map((one) => `      ${one}\n`).join('')}`);
});

test('kdev init: several that fit equally well: refused with their names, asked on a terminal', async () => {
  const two = `  orders-worker:\n    image: ${appImage('c')}\n    expose: [8080]\n`;
  await write(`name: ${project.name}\n${composeFile}${two}`);
  const { code, stderr } = await init();
  expect([code, stderr]).toEqual([57, expect.stringContaining('error[KDEV5008]')]);
  expect(stderr).toMatch(
    /orders for deployment\/orders, orders-worker for deployment\/orders-worker/,
  );
  const asking = project.startOnTerminal(['init', '--no-schema']);
  await asking.says('Which? [1-2]', 60_000);
  asking.type('2\r');
  await asking.says('Write this? [y/N]', 60_000);
  asking.type('y\r');
  expect((await asking.ended).code).toBe(0);
  expect(await read()).toContain(`${two}    x-kdev:\n      target: deployment/orders-worker\n`);
});

test('kdev init: a namespace without workloads: the others are named', async () => {
  await write(`name: ${project.name}\n${composeFile}`);
  const { code, stderr } = await init('-n', 'kube-node-lease');
  expect([code, stderr]).toEqual([57, expect.stringContaining('error[KDEV5008]')]);
  expect(stderr).toContain(world.namespace);
});

test('kdev init: a service without lines of its own: the line to write is told', async () => {
  await write(`name: ${project.name}\nservices:\n  orders: {image: none}\n`);
  const { code, stderr } = await init('--yes');
  expect([code, stderr]).toEqual([21, expect.stringContaining('error[KDEV2103]')]);
  expect(stderr.replace(/\s+/g, ' ')).toContain('x-kdev: { target: deployment/orders }');
});

test('kdev init: no compose file: what to do', async () => {
  await rm(inFolder('compose.yaml'));
  const { code, stderr } = await init();
  expect([code, stderr]).toEqual([21, expect.stringContaining('error[KDEV2102]')]);
});
