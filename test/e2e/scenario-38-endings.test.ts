import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { run } from '../run/shell.ts';
import type { Watcher } from './client.ts';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import type { RunningCommand } from './kdev-command.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

/** After any ending, however rude, nothing is left after this time. */
const goneMs = 60_000;
/** A session whose command is gone before it was done. */
const leaseMs = 10_000;
const startMs = 40_000;
const interrupted = 130;
const ctrlC = '\x03';
let world: World;
let client: PodClient;
let project: Project;
let watcher: Watcher;

beforeAll(async () => {
  world = await World.open();
  [client] = await Promise.all([world.client(), world.deploy({ name: 'orders', language: 'go' })]);
  const xKdev = { target: 'deployment/orders', incoming: 'steal' };
  project = await world.project({ services: { orders: composeApp({ language: 'c', xKdev }) } });
  watcher = await client.watch('http://orders:8080/', { everyMs: 50, timeoutMs: 3_000 });
});
afterAll(async () => {
  await watcher.stop();
  await world[Symbol.asyncDispose]();
});
// Each test begins with nothing.
afterEach(() => project.remove());

const answeredBy = (app: string, deadlineMs: number) =>
  watcher.sees(`${app} answers`, deadlineMs, (glimpse) => glimpse.app === app);

/** The service answers; where it does not, what the command said. */
async function comesUp(command: RunningCommand): Promise<void> {
  await answeredBy('service', startMs).catch((cause: Error) => {
    throw new Error(`${cause.message}; the command said:\n${command.output}`, { cause });
  });
}

function upOnTerminal(): RunningCommand {
  return project.startOnTerminal(['compose', 'up'], { deadlineMs: 90_000 });
}

test('scenario 38: that the service answers is said before what it prints', async () => {
  const terminal = upOnTerminal();
  await terminal.says('Attaching to', startMs);
  terminal.type(ctrlC);
  const { output } = await terminal.ended;
  expect(output).toMatch(/orders now answers for deployment\/orders:8080 in [\s\S]*Attaching to/);
});

test('scenario 38: Ctrl-C twice ends it at once', async () => {
  const terminal = upOnTerminal();
  await comesUp(terminal);
  terminal.type(ctrlC);
  await terminal.says(/again/, 5_000);
  terminal.type(ctrlC);
  const typedAt = performance.now();
  const ended = await terminal.ended;
  expect(performance.now() - typedAt).toBeLessThan(2_000);
  expect(ended.code).toBe(interrupted);
  await answeredBy('target-orders', 2_000);
  await project.nothingLeft(goneMs);
});

test('scenario 38: the cli is killed as soon as there is a session', async () => {
  const cli = project.start(['compose', 'up', '-d']);
  await eventually('there is a session', { deadlineMs: startMs, everyMs: 5 }, () =>
    project.processId('__session'),
  );
  cli.kill('SIGKILL');
  await project.nothingLeft(leaseMs);
});

/** Of a command in the foreground every phase is in interruption.test.ts, whoever ends it. */
const phases: [string, RegExp][] = [
  ['at its first word', /\S/],
  ['when it has decided', /steal :8080/],
  ['while the agent starts', /agent orders/],
  ['while containers start', /kdev-net-orders/],
];

test.each(phases)('scenario 38: the cli of up -d is killed %s', async (_, words) => {
  const cli = project.start(['compose', 'up', '-d']);
  await cli.says(words, startMs);
  cli.kill('SIGKILL');
  await answeredBy('target-orders', 2_000);
  await project.nothingLeft(leaseMs);
});

test('scenario 38: the session is killed; up again works', async () => {
  await project.up();
  await answeredBy('service', 2_000);
  process.kill(project.processId('__session'), 'SIGKILL');
  await answeredBy('target-orders', 2_000);
  await project.nothingLeft(goneMs);
  await project.up();
  await answeredBy('service', 2_000);
});

test('scenario 38: the session is killed, and up again at once works', async () => {
  await project.up();
  process.kill(project.processId('__session'), 'SIGKILL');
  await project.up();
  await answeredBy('service', 2_000);
});

test.each(['kdev-sidecar-orders', 'kdev-net-orders'])(
  'scenario 38: %s is killed: it comes back by itself',
  async (service) => {
    await project.up();
    await answeredBy('service', 2_000);
    const before = await startOf(service);
    await killContainer(service);
    await eventually(`${service} runs again`, { deadlineMs: 15_000 }, async () => {
      expect(await startOf(service)).not.toBe(before);
    });
    await answeredBy('service', 15_000);
  },
);

async function startOf(service: string): Promise<string> {
  const format = '{{.State.Running}} {{.State.StartedAt}}';
  const id = await project.container(service);
  const state = await run('docker', ['inspect', '--format', format, id]);
  expect(state).toMatch(/^true /);
  return state;
}

test('scenario 38: the service is killed: the target serves; up again works', async () => {
  await project.up();
  await answeredBy('service', 2_000);
  await killContainer('orders');
  await answeredBy('target-orders', 2_000);
  await project.up();
  await answeredBy('service', 5_000);
});

test('scenario 38: the agent is killed: the target serves; up again works', async () => {
  await project.up();
  await answeredBy('service', 2_000);
  for (const pid of await world.agentProcesses()) process.kill(pid, 'SIGKILL');
  await answeredBy('target-orders', 2_000);
  await project.up();
  await answeredBy('service', 10_000);
});

/** Kills its first process, which `docker kill` would do as well, but then as somebody's wish. */
async function killContainer(service: string): Promise<void> {
  const id = await project.container(service);
  const pid = await run('docker', ['inspect', '--format', '{{.State.Pid}}', id]);
  process.kill(Number(pid), 'SIGKILL');
}
