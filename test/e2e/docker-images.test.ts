import { appendFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { connectEngine, type Engine } from '../../src/docker/engine.ts';
import { ensureImage, inspectImage } from '../../src/docker/images.ts';
import { PROTOCOL_VERSION } from '../../src/protocol/launch.ts';
import { nodeBase } from '../fixtures/node-base.ts';
import { buildRegistryImage, registryImage } from '../fixtures/registry-image.ts';
import { run } from '../run/shell.ts';
import { RunningCommand } from './kdev-command.ts';

const otherProtocol = 'kdev-test/other-protocol:1';
let engine: Engine;

beforeAll(async () => {
  engine = await connectEngine();
  const dockerfile = `FROM ${nodeBase}\nLABEL kdev.dev/protocol=${PROTOCOL_VERSION + 1}\n`;
  await run('docker', ['build', '--quiet', '--tag', otherProtocol, '-'], { input: dockerfile });
});
afterAll(() => run('docker', ['rmi', '--force', otherProtocol]));

const silent = () => undefined;

function kdev(...args: string[]) {
  const { kdev: program } = inject('ground');
  const command: [string, ...string[]] = [process.execPath, program, ...args];
  return new RunningCommand({ command, cwd: '/', env: process.env, deadlineMs: 60_000 }).ended;
}

test('the image tells its protocol, and its programs start', async () => {
  const { image } = inject('ground');
  expect(await inspectImage(engine, image)).toMatchObject({ protocol: PROTOCOL_VERSION });
  const load =
    "import koffi from 'koffi'; console.log(koffi.load('libnftables.so.1') ? 'loaded' : '')";
  const inImage = [
    'run',
    '--rm',
    '--network=none',
    image,
    'node',
    '--input-type=module',
    '-e',
    load,
  ];
  expect(await run('docker', inImage)).toBe('loaded');
});

test('an image of another protocol version is refused in words', async () => {
  await expect(
    ensureImage(engine, { name: otherProtocol, base: undefined }, silent),
  ).rejects.toMatchObject({
    code: 'KDEV7005',
    fact: expect.stringContaining(`speaks version ${PROTOCOL_VERSION + 1} of the protocol`),
  });
});

test('an image that is none of kdev’s is refused in words', async () => {
  await expect(
    ensureImage(engine, { name: nodeBase, base: undefined }, silent),
  ).rejects.toMatchObject({
    code: 'KDEV7005',
    fact: `the image ${nodeBase} is not an image of kdev`,
  });
});

test('an image that is not to be had', async () => {
  await expect(
    ensureImage(engine, { name: 'registry.invalid/no/such:1', base: undefined }, silent),
  ).rejects.toMatchObject({ code: 'KDEV12201' });
});

test('a build on a base that is not to be had fails with its last words', async () => {
  const args = [
    'image',
    'build',
    '--base',
    'registry.invalid/none:1',
    '--image',
    'kdev-test/none:1',
  ];
  const ended = await kdev(...args);
  expect([ended.code, ended.stderr]).toEqual([123, expect.stringContaining('error[KDEV12202]')]);
  expect(ended.stderr).toContain('registry.invalid');
});

test('a default image of another build is built anew, on the base that it was built on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kdev-images-'));
  const version = `0.0.0-e2e-${process.pid}`;
  const name = `kdev/runtime:${version}`;
  const { kdev: program, cluster } = inject('ground');
  await cp(join(dirname(program), '..'), folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'kdev', version }));
  const installed = async (...args: string[]) => {
    const command = [process.execPath, join(folder, 'dist/kdev.mjs'), ...args] as const;
    const env = { ...process.env, KDEV_IMAGE_BASE: undefined };
    const ended = await new RunningCommand({ command, cwd: '/', env, deadlineMs: 60_000 }).ended;
    expect([ended.code, ended.output]).toEqual([0, expect.any(String)]);
    return await inspectImage(engine, name);
  };
  try {
    const first = await installed('image', 'build', '--base', nodeBase);
    expect(first).toMatchObject({ base: nodeBase });
    const load = ['image', 'load', '--cluster', cluster.name];
    expect((await installed(...load))?.id).toBe(first?.id);
    await appendFile(join(folder, 'dist/programs/agent.mjs'), '\n// Another build.\n');
    const second = await installed(...load);
    expect(second).toMatchObject({ base: nodeBase });
    expect(second?.content).not.toBe(first?.content);
  } finally {
    await rm(folder, { recursive: true });
    await run('docker', ['rmi', '--force', name]);
  }
});

test('a cluster that is not there cannot be loaded into', async () => {
  const { image } = inject('ground');
  const ended = await kdev('image', 'load', '--cluster', 'nowhere', '--image', image);
  expect([ended.code, ended.stderr]).toEqual([123, expect.stringContaining('error[KDEV12203]')]);
});

test('the image is loaded into a test cluster', async () => {
  const { image, cluster } = inject('ground');
  const ended = await kdev('image', 'load', '--cluster', cluster.name, '--image', image);
  expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining('loaded')]);
});

test('the image is pushed to a registry, and comes back from there as it was', async () => {
  await buildRegistryImage();
  const { image } = inject('ground');
  const started = ['run', '--detach', '--rm', '--publish', '127.0.0.1::5000', registryImage];
  const registry = await run('docker', started);
  const name = `${await run('docker', ['port', registry, '5000'])}/team/kdev:1`;
  try {
    const pushed = await kdev('image', 'push', name, '--image', image);
    expect([pushed.code, pushed.stderr]).toEqual([0, expect.stringContaining(`--image ${name}`)]);
    await run('docker', ['rmi', name]);
    const here = await inspectImage(engine, image);
    expect(await ensureImage(engine, { name, base: undefined }, silent)).toEqual(here);
  } finally {
    await run('docker', ['rmi', '--force', name]);
    await run('docker', ['kill', registry]);
  }
});

test('an engine that does not answer is named with where it was looked for', async () => {
  const { kdev: program } = inject('ground');
  const env = { ...process.env, DOCKER_HOST: 'unix:///nowhere/docker.sock' };
  const command: [string, ...string[]] = [process.execPath, program, 'image', 'build'];
  const ended = await new RunningCommand({ command, cwd: '/', env, deadlineMs: 10_000 }).ended;
  expect(ended.code).toBe(120);
  expect(ended.stderr).toContain('unix:///nowhere/docker.sock (DOCKER_HOST)');
});
