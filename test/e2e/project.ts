import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { CommandError, run } from '../run/shell.ts';
import { Client } from './client.ts';
import type { Ground } from './ground.ts';
import { type Ended, RunningCommand } from './kdev-command.ts';
import { inDocker, leftovers, nothingLeft, processes } from './leftovers.ts';
import { type AppAnswer, type AppLog, appAnswer, requestLog } from './pod.ts';

const upMs = 60_000;
const commandMs = 60_000;

/** What a project needs of the world around it. */
export interface Surroundings {
  readonly ground: Ground;
  readonly namespace: string;
  readonly folder: string;
  /** The kubeconfig that kdev uses. */
  readonly kubeconfig: string;
  readonly kubectl: (...args: string[]) => Promise<string>;
}

/** A compose project in a folder of its own, with the kdev of the run and directories that nobody else uses. */
export class Project {
  readonly name: string;
  readonly folder: string;
  readonly runtimeFolder: string;
  readonly #world: Surroundings;

  private constructor(world: Surroundings, index: number) {
    this.#world = world;
    this.name = `${world.namespace}-${index}`;
    this.folder = path.join(world.folder, `p${index}`);
    this.runtimeFolder = path.join(this.folder, '.run');
  }

  static async create(
    world: Surroundings,
    index: number,
    compose: Readonly<Record<string, unknown>>,
  ): Promise<Project> {
    const project = new Project(world, index);
    await mkdir(project.runtimeFolder, { recursive: true, mode: 0o700 });
    await project.write(compose);
    return project;
  }

  /** Writes the compose file anew. */
  async write(compose: Readonly<Record<string, unknown>>, file = 'compose.yaml'): Promise<void> {
    await writeFile(path.join(this.folder, file), stringify({ name: this.name, ...compose }));
  }

  /** kdev's environment: of this process only what finds programs and Docker. */
  get env(): Record<string, string | undefined> {
    const { PATH, DOCKER_HOST, DOCKER_CONTEXT } = process.env;
    return {
      PATH,
      DOCKER_HOST,
      DOCKER_CONTEXT,
      HOME: this.folder,
      XDG_RUNTIME_DIR: this.runtimeFolder,
      KUBECONFIG: this.#world.kubeconfig,
      KDEV_IMAGE: this.#world.ground.image,
    };
  }

  /** Starts kdev in the project's folder. */
  start(args: readonly string[], options: StartOptions = {}): RunningCommand {
    return new RunningCommand({
      command: [...(options.within ?? []), process.execPath, this.#world.ground.kdev, ...args],
      cwd: options.cwd ?? this.folder,
      env: { ...this.env, ...options.env },
      deadlineMs: options.deadlineMs ?? commandMs,
    });
  }

  /** Starts kdev on a terminal of its own: what is typed goes to the terminal, and killing the terminal closes it. */
  startOnTerminal(args: readonly string[], options: StartOptions = {}): RunningCommand {
    const words = [...(options.within ?? []), process.execPath, this.#world.ground.kdev, ...args];
    return new RunningCommand({
      command: [
        'script',
        '--quiet',
        '--flush',
        '--return',
        '--command',
        words.join(' '),
        '/dev/null',
      ],
      cwd: options.cwd ?? this.folder,
      env: { ...this.env, TERM: 'xterm', SHELL: '/bin/sh', ...options.env },
      deadlineMs: options.deadlineMs ?? commandMs,
    });
  }

  /** Runs kdev to its end, whatever its exit code is. */
  async kdev(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
    return await this.start(args, options).ended;
  }

  /** Runs `kdev compose …`, which must succeed. */
  async compose(...args: string[]): Promise<Ended> {
    const ended = await this.kdev(['compose', ...args], { deadlineMs: upMs });
    if (ended.code === 0) return ended;
    throw new Error(
      `kdev compose ${args.join(' ')}: exit code ${ended.code}\n${ended.output}\n${await this.whatHappened()}`,
    );
  }

  async up(...args: string[]): Promise<Ended> {
    return await this.compose('up', '-d', ...args);
  }

  /** The id of a service's container. */
  async container(service: string): Promise<string> {
    const filters = [
      `label=com.docker.compose.project=${this.name}`,
      `label=com.docker.compose.service=${service}`,
    ];
    const ids = await run('docker', [
      'ps',
      '--all',
      '--quiet',
      '--no-trunc',
      ...filters.flatMap((filter) => ['--filter', filter]),
    ]);
    const [id] = ids.split('\n');
    if (!id) throw new Error(`the project has no container of ${service}`);
    return id;
  }

  /** Asks a service's app from inside its container, on the port that nobody intercepts. */
  async ask(service: string, method: string, request: string): Promise<AppAnswer> {
    const url = `http://127.0.0.1:9900${request}`;
    return appAnswer(
      await run('docker', ['exec', await this.container(service), '/app', 'request', method, url]),
    );
  }

  /** What a service's app has answered so far. */
  async log(service: string): Promise<AppLog> {
    return requestLog.parse(await this.ask(service, 'GET', '/log'));
  }

  /** Node in the container of a service: the same client as in a pod. */
  async client(service: string): Promise<Client> {
    return new Client(['docker', 'exec', '-i', await this.container(service)]);
  }

  async leftovers(): Promise<string[]> {
    return await leftovers(this.#searched);
  }

  async nothingLeft(deadlineMs: number, known?: readonly string[]): Promise<void> {
    await nothingLeft(this.#searched, deadlineMs, known);
  }

  /** The same where other projects are up, none of which has a service of this name. */
  async nothingLeftOf(service: string, deadlineMs: number): Promise<void> {
    await nothingLeft({ ...this.#searched, service }, deadlineMs);
  }

  /** The one process of kdev's whose command line has these words. */
  processId(words: string): number {
    const found = processes(this.runtimeFolder).filter((one) => one.words.includes(words));
    const [first] = found;
    if (found.length === 1 && first) return first.pid;
    throw new Error(`${found.length} processes with ${words}: ${JSON.stringify(found)}`);
  }

  /** What sidecars, agents and the session logged, for the error of a test that failed. */
  async whatHappened(): Promise<string> {
    const log = await run('sh', [
      '-c',
      `tail -n 30 "${this.runtimeFolder}"/kdev/*/session.log`,
    ]).catch(String);
    const names = await run('docker', [
      'ps',
      '--all',
      '--filter',
      `label=com.docker.compose.project=${this.name}`,
      '--format',
      '{{.Names}}',
    ]);
    const containers = await Promise.all(
      names
        .split('\n')
        .filter(Boolean)
        .map(async (name) => {
          const said = await run('sh', ['-c', `docker logs --tail 20 ${name} 2>&1`]).catch(String);
          return `--- ${name}\n${said}`;
        }),
    );
    return [`--- session\n${log}`, ...containers].join('\n');
  }

  /** `kdev compose down` where anything of the project's runs here; what comes of it is seen by `remove`. */
  async down(): Promise<void> {
    const here = [...(await inDocker(this.name)), ...processes(this.runtimeFolder)];
    if (here.length > 0) await this.kdev(['compose', 'down', '--volumes', '--timeout', '1']);
  }

  /** Takes everything away, by kdev's own means first; fails where these are not enough. */
  async remove(): Promise<void> {
    const left = await this.#down();
    if (left === undefined) return;
    for (const { pid } of processes(this.runtimeFolder)) killIfThere(pid);
    for (const kind of ['container', 'network', 'volume']) await this.#removeAll(kind);
    throw new Error(`${this.name}: kdev compose down did not take everything away: ${left}`);
  }

  async #down(): Promise<string | undefined> {
    try {
      if ((await this.leftovers()).length === 0) return undefined;
      // Whether it succeeds shows in what is left.
      const down = await this.kdev(['compose', 'down', '--volumes', '--timeout', '1']);
      await this.nothingLeft(20_000).catch((error: Error) => {
        throw new Error(`${error.message}\ndown said:\n${down.output}`, { cause: error });
      });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async #removeAll(kind: string): Promise<void> {
    const all = kind === 'container' ? ['--all'] : [];
    for (const label of ['com.docker.compose.project', 'kdev.dev/project']) {
      const filter = `label=${label}=${this.name}`;
      const ids = await run('docker', [kind, 'ls', ...all, '--quiet', '--filter', filter]);
      const force = kind === 'network' ? [] : ['--force'];
      if (ids === '') continue;
      try {
        await run('docker', [kind, 'rm', ...force, ...ids.split('\n')]);
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
      }
    }
  }

  get #searched() {
    return {
      project: this.name,
      namespace: this.#world.namespace,
      kubectl: this.#world.kubectl,
      runtimeFolder: this.runtimeFolder,
    };
  }
}

export interface StartOptions {
  /** Undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** A program and its first arguments that kdev is started by: `setpriv …`. */
  readonly within?: readonly [string, ...string[]];
  readonly deadlineMs?: number;
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
