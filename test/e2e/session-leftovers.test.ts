import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

let world: World;
let client: PodClient;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  [client] = await Promise.all([world.client(), world.deploy({ name: 'orders', language: 'go' })]);
  const xKdev = { target: 'deployment/orders', incoming: 'steal' };
  project = await world.project({
    services: { orders: composeApp({ language: 'c', xKdev }), web: composeApp({ language: 'c' }) },
  });
});
afterEach(() => project.remove());
afterAll(() => world[Symbol.asyncDispose]());

/** As a machine that loses power: nobody is left to clean up. */
async function killSessionAndWatchdog(): Promise<void> {
  const session = project.processId('__session');
  const children = execFileSync('pgrep', ['-P', String(session)], { encoding: 'utf8' });
  for (const pid of children.trim().split('\n')) process.kill(Number(pid), 'SIGKILL');
  process.kill(session, 'SIGKILL');
  await eventually('the session is gone', { deadlineMs: 2_000 }, () => {
    expect(() => project.processId('__session')).toThrow();
  });
}

test('the next command says what a dead session left, and removes it', async () => {
  await project.up();
  await killSessionAndWatchdog();
  const again = await project.up();
  expect(again.output).toMatch(
    /The former session of \S+ had died \(.*\); removed: 4 containers, 1 network, 2 objects in the cluster/,
  );
  expect((await client.request({ url: 'http://orders:8080/' })).body?.app).toBe('service');
});

test('kdev clean removes it all as well, and says so', async () => {
  await project.up();
  await killSessionAndWatchdog();
  const cleaned = await project.kdev(['clean']);
  expect([cleaned.code, cleaned.stdout]).toEqual([
    0,
    expect.stringContaining(`removed ${project.name}-orders-1`),
  ]);
  await project.nothingLeft(10_000);
  const again = await project.kdev(['clean']);
  expect([again.code, again.stdout]).toEqual([0, 'Nothing was left.\n']);
});

test('what its watchdog removed of a dead session is told by status, and is not for clean to claim', async () => {
  await project.up();
  process.kill(project.processId('__session'), 'SIGKILL');
  const words = `The former session of ${project.name} had died`;
  await eventually('status tells it', { deadlineMs: 60_000 }, async () => {
    expect((await project.kdev(['status'])).stdout).toContain(words);
  });
  const cleaned = await project.kdev(['clean']);
  expect([cleaned.code, cleaned.stdout]).toEqual([0, 'Nothing was left.\n']);
  expect(cleaned.stderr).toContain(words);
  await project.nothingLeft(10_000);
});

test('kdev clean leaves what is alive', async () => {
  await project.up();
  const cleaned = await project.kdev(['clean']);
  expect([cleaned.code, cleaned.stdout]).toEqual([0, 'Nothing was left.\n']);
  expect((await client.request({ url: 'http://orders:8080/' })).body?.app).toBe('service');
});

test('what docker compose itself removes ends the session', async () => {
  await project.up();
  execFileSync('docker', ['compose', '--project-name', project.name, 'down', '--timeout', '1'], {
    stdio: 'ignore',
  });
  await project.nothingLeft(10_000);
});

test('garbage on the control socket harms nobody', async () => {
  await project.up();
  const socket = path.join(project.runtimeFolder, 'kdev', project.name, 'control.sock');
  for (const bytes of [Buffer.from('{"id":1'), Buffer.alloc(3_000_000, 7), Buffer.from('[]\n')]) {
    const connection = net.connect(socket);
    connection.on('error', () => undefined).resume();
    connection.end(bytes);
    await new Promise((resolve) => connection.once('close', resolve));
  }
  const status = await project.kdev(['status', '-o', 'json']);
  expect(JSON.parse(status.stdout).sessions[0].services[0].state).toBe('serving');
});

test('a file in place of the control socket is no session', async () => {
  await project.up();
  await project.compose('down');
  const folder = path.join(project.runtimeFolder, 'kdev', project.name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'control.sock'), 'x');
  await project.up();
});

test('down takes the folders along, also after stop; clean takes those that nobody needs', async () => {
  const folder = path.join(project.runtimeFolder, 'kdev');
  const isGone = () => expect(existsSync(folder)).toBe(false);
  await project.up();
  await project.compose('down');
  await eventually('the folder is gone', { deadlineMs: 2_000 }, isGone);
  await project.up();
  await project.compose('stop');
  expect(existsSync(path.join(folder, project.name, 'orders'))).toBe(true);
  await project.kdev(['clean']);
  expect(existsSync(path.join(folder, project.name, 'orders'))).toBe(true);
  await project.compose('down');
  await eventually('the folder is gone', { deadlineMs: 2_000 }, isGone);
  mkdirSync(path.join(folder, 'former/orders'), { recursive: true });
  writeFileSync(path.join(folder, 'former/session.log'), '');
  await project.kdev(['clean']);
  isGone();
});
