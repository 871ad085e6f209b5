import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Watcher } from './client.ts';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import type { Ended, RunningCommand } from './kdev-command.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import type { Project } from './project.ts';
import { expectError } from './refusal.ts';
import { type PodClient, World } from './world.ts';

/** After any ending, however rude, nothing is left after this time. */
const goneMs = 60_000;
const servedMs = 20_000;
const phaseMs = 60_000;

let world: World;
let client: PodClient;

beforeAll(async () => {
  world = await World.open();
  client = await world.client();
});
afterAll(() => world[Symbol.asyncDispose]());

/** How somebody leaves. */
interface Way {
  readonly start: 'start' | 'startOnTerminal';
  readonly leave: (command: RunningCommand) => void;
  readonly exitCode: number;
}

const ways: readonly [string, Way][] = [
  ['Ctrl-C', { start: 'startOnTerminal', leave: (it) => it.type('\x03'), exitCode: 130 }],
  ['SIGTERM', { start: 'start', leave: (it) => it.kill('SIGTERM'), exitCode: 143 }],
  // The terminal itself is what is killed.
  [
    'a closed terminal',
    { start: 'startOnTerminal', leave: (it) => it.kill('SIGKILL'), exitCode: 137 },
  ],
  ['SIGKILL', { start: 'start', leave: (it) => it.kill('SIGKILL'), exitCode: 137 }],
];

const standing = '"kind":"standing"';
/** What the progress names, in its order, by words of its lines: each time something else is there to be taken back. */
const phasesOfUp = [
  'reading compose.yaml',
  '"kind":"decided"',
  '"subject":"agent ',
  'kdev-net-',
  '"state":"to be linked"',
  standing,
];
const phasesOfDown = ['"heading":"Stopping"', '"subject":"container ', '"subject":"network '];

/** How many of the users' requests went elsewhere, each time that the service had answered them before. */
const missed: number[] = [];
const everyMs = 100;

describe.concurrent('scenario 38: whoever leaves at any phase', () => {
  test.each(ways)(
    'by %s: the target serves, and nothing is left',
    async (name, way) => {
      const lane = await Lane.open(name, way);
      try {
        for (const phase of phasesOfUp) await lane.leaveUpAt(phase);
        for (const phase of phasesOfDown) await lane.leaveDownAt(phase);
      } finally {
        await lane.close();
      }
    },
    500_000,
  );
});

test('scenario 38: the users of the target are served by it within a second', () => {
  expect(missed.length).toBeGreaterThanOrEqual(ways.length);
  const sorted = missed.toSorted((a, b) => a - b);
  // Counted, not timed: on a machine that is busy, users ask less often too.
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(1_000 / everyMs);
});

/** One way to leave, with a target and a project of its own, so that all ways are gone at the same time. */
class Lane {
  readonly #way: Way;
  readonly #target: string;
  readonly #project: Project;
  readonly #watcher: Watcher;

  private constructor(
    way: Way,
    target: string,
    { project, watcher }: { project: Project; watcher: Watcher },
  ) {
    this.#way = way;
    this.#target = target;
    this.#project = project;
    this.#watcher = watcher;
  }

  static async open(name: string, way: Way): Promise<Lane> {
    const target = `orders-${ways.findIndex(([one]) => one === name)}`;
    await world.deploy({ name: target, language: 'c' });
    const project = await world.project(intercepting(target));
    const watcher = await client.watch(`http://${target}:8080/`, {
      everyMs,
      timeoutMs: 3_000,
    });
    return new Lane(way, target, { project, watcher });
  }

  async close(): Promise<void> {
    await this.#watcher.stop();
  }

  /** A command in the foreground holds everything: it all goes with it, whenever that is. */
  async leaveUpAt(phase: string): Promise<void> {
    await this.#leaveAt(phase, ['up']);
  }

  async leaveDownAt(phase: string): Promise<void> {
    await this.#project.up();
    await this.#answeredBy('service');
    await this.#leaveAt(phase, ['down', '--timeout', '1']);
  }

  async #leaveAt(phase: string, words: readonly string[]): Promise<void> {
    const { start, leave, exitCode } = this.#way;
    const args = ['compose', '--progress', 'json', ...words];
    const command = this.#project[start](args, { deadlineMs: 120_000 });
    try {
      await command.says(phase, phaseMs);
      if (phase === standing) await this.#answeredBy('service');
      const hadService = this.#watcher.last?.app === 'service';
      const from = this.#watcher.glimpses.length;
      leave(command);
      const ended = await command.ended;
      // It may have been done just before.
      expect([exitCode, ...(words[0] === 'down' ? [0] : [])]).toContain(exitCodeOf(ended));
      if (phase === '"heading":"Stopping"') await this.#project.kdev(args);
      const target = `target-${this.#target}`;
      await this.#answeredBy(target);
      const since = this.#watcher.glimpses.slice(from);
      if (hadService) missed.push(since.findIndex(({ app }) => app === target));
      await this.#project.nothingLeftOf(this.#target, goneMs);
    } catch (error) {
      const happened = await this.#project.whatHappened();
      throw new Error(
        `${words[0]} at ${phase}: ${error}\nit said:\n${command.output}\n${happened}`,
        { cause: error },
      );
    }
  }

  async #answeredBy(app: string): Promise<void> {
    await this.#watcher.sees(`${app} answers`, servedMs, (glimpse) => glimpse.app === app);
  }
}

function intercepting(target: string) {
  const xKdev = { target: `deployment/${target}`, incoming: 'steal' };
  return { services: { [target]: composeApp({ language: 'c', xKdev }) } };
}

function exitCodeOf({ code, signal }: Ended): number {
  return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
}

test('scenario 41: two up at once: the second is told, and the first goes on', async () => {
  await world.deploy({ name: 'twice', language: 'c' });
  const project = await world.project(intercepting('twice'));
  const { folder, env } = await behindGate();
  const first = project.start(['compose', 'up', '-d'], { env, deadlineMs: 90_000 });
  await eventually('the first asks the cluster', { deadlineMs: 20_000 }, () => {
    expect(existsSync(path.join(folder, 'asked'))).toBe(true);
  });
  const second = await project.kdev(['compose', 'up', '-d'], { env });
  const says = ['another command is bringing up', 'wait for it, or end it'];
  expectError(second, { code: 'KDEV8003', exitCode: 82, actors: ['you can'], says });
  await writeFile(path.join(folder, 'open'), '');
  const { code, output } = await first.ended;
  expect([code, output]).toEqual([0, expect.stringContaining('twice:8080')]);
  await project.compose('down', '--timeout', '1');
  await project.nothingLeft(20_000);
});

/** A kubeconfig whose credential plugin waits until the file `open` is there. */
async function behindGate() {
  const folder = path.join(world.folder, 'gate');
  await mkdir(folder);
  const config = structuredClone(world.kubeconfigContent);
  const apiVersion = 'client.authentication.k8s.io/v1';
  for (const entry of config.users) {
    const pem = (key: string) => Buffer.from(String(entry.user[key]), 'base64').toString();
    const status = {
      clientCertificateData: pem('client-certificate-data'),
      clientKeyData: pem('client-key-data'),
    };
    const credential = JSON.stringify({ apiVersion, kind: 'ExecCredential', status });
    await writeFile(path.join(folder, 'credential'), credential, { mode: 0o600 });
    const gate = 'touch asked; while [ ! -e open ]; do sleep 0.1; done; cat credential';
    const args = ['-c', `cd "${folder}" && ${gate}`];
    entry.user = { exec: { apiVersion, command: 'sh', args, interactiveMode: 'Never' } };
  }
  await writeKubeconfig(path.join(folder, 'config'), config);
  return { folder, env: { KUBECONFIG: path.join(folder, 'config') } };
}

test('scenario 41: up while down is under way waits for it, and goes on', async () => {
  await world.deploy({ name: 'again', language: 'c' });
  // What it is told to end by it does not hear: down takes as long as it gives it.
  const more = { stop_signal: 'SIGURG' };
  const xKdev = { target: 'deployment/again', incoming: 'steal' };
  const project = await world.project({
    services: { again: composeApp({ language: 'c', xKdev, more }) },
  });
  await project.up();
  const down = project.start(['compose', '--progress', 'json', 'down', '--timeout', '5']);
  await down.says('"heading":"Stopping"', phaseMs);
  await down.says('released', phaseMs);
  const up = await project.kdev(['compose', 'up', '-d'], { deadlineMs: 90_000 });
  const { code, output } = await down.ended;
  expect([code, output]).toEqual([0, expect.any(String)]);
  expect([up.code, up.output]).toEqual([0, expect.stringMatching(/former session +ends/)]);
  await eventually('the service answers', { deadlineMs: servedMs }, async () => {
    const answer = await client.request({ url: 'http://again:8080/' });
    expect(answer.body?.app).toBe('service');
  });
  await project.compose('down', '--timeout', '1');
  await project.nothingLeft(20_000);
});
