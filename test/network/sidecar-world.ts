import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type {
  ExplainQuestion,
  Explanation,
  SidecarConfig,
  SidecarStatus,
} from '../../src/protocol/launch.ts';
import { encodePreamble } from '../../src/protocol/preamble.ts';
import type { AgentCommands } from './sidecar-agent.ts';
import { layNetworks, type Networks } from './sidecar-networks.ts';
import { commandAt, Program } from './sidecar-process.ts';
import type { Commands } from './sidecar-program.ts';

const SIDECAR = path.join(import.meta.dirname, '../../sidecar/main.ts');
const UP_MS = 20_000;

/**
 * Three namespaces: the service's, its Docker network with the rest of the developer's world, and the pod's. The real
 * sidecar runs in the first with the capabilities that its container has, the agent's end of the real tunnel in the
 * third, and the test itself splices pipes between them, as the session does.
 */
export class SidecarWorld {
  readonly networks: Networks;
  readonly folder: string;
  readonly programs: Program<Commands>[] = [];
  /** What the sidecar said. */
  readonly log: string[] = [];
  agent: Program<AgentCommands>;
  readonly #key = { id: randomBytes(16).toString('hex'), secret: randomBytes(32) };
  #sidecar: ChildProcess | undefined;
  #config: SidecarConfig | undefined;
  #pipes: net.Socket[] = [];

  private constructor(networks: Networks) {
    this.networks = networks;
    this.folder = mkdtempSync(path.join(os.tmpdir(), 'kdev-sidecar-'));
    mkdirSync(path.join(this.folder, 'link'), { mode: 0o777 });
    this.agent = this.#newAgent();
  }

  static async build(
    config: Partial<SidecarConfig> = {},
    networks = layNetworks(),
  ): Promise<SidecarWorld> {
    const world = new SidecarWorld(networks);
    try {
      await world.startAgent();
      world.startSidecar(config);
      await world.connect();
      return world;
    } catch (error) {
      await world.demolish();
      throw new Error(`the sidecar did not start: ${world.log.join('')}`, { cause: error });
    }
  }

  /** A program in one of the namespaces, which can bind any port and nothing else where nothing is said. */
  start(namespace: string, capabilities = ['net_bind_service']): Program<Commands> {
    const program = new Program<Commands>({ namespace, capabilities }, 'sidecar-program.ts');
    this.programs.push(program);
    return program;
  }

  startSidecar(config: Partial<SidecarConfig>): void {
    this.#config = {
      protocol: 2,
      session: 'test00000000',
      service: 'service',
      linkDirectory: path.join(this.folder, 'link'),
      incoming: { mode: 'off', ports: [], flush: false },
      outgoing: { local: [], remote: [], podLoopback: [] },
      dns: { local: [], remote: [] },
      localNames: [],
      files: { mounts: [] },
      ...config,
    };
    this.#sidecar = this.#runSidecar('run', JSON.stringify(this.#config));
    this.#sidecar.stderr?.on('data', (chunk) => this.log.push(String(chunk)));
  }

  async startAgent(): Promise<void> {
    await this.agent.call('listen', {
      socket: path.join(this.folder, 'agent.sock'),
      keyId: this.#key.id,
      secret: this.#key.secret.toString('hex'),
    });
  }

  /** Another agent in the place of the first, which is killed and knows of nothing. */
  async replaceAgent(): Promise<void> {
    await this.agent.kill();
    rmSync(path.join(this.folder, 'agent.sock'), { force: true });
    this.agent = this.#newAgent();
    await this.startAgent();
  }

  /** Splices pipes between the two, one after the other, until the sidecar is healthy. */
  async connect(): Promise<void> {
    await retry(Date.now() + UP_MS, async () => {
      if (this.#pipes.every((pipe) => pipe.destroyed)) await this.#splice();
      const { missing } = await this.status();
      if (missing.length > 0) throw new Error(missing.join('; '));
    });
  }

  /** The session loses its way to the cluster. */
  cut(): void {
    for (const pipe of this.#pipes) pipe.destroy();
  }

  /** The texts that the sidecar logged under a name. */
  said(name: string): string[] {
    const lines = this.log.join('').split('\n').filter(Boolean);
    return lines
      .map((line) => JSON.parse(line))
      .filter((line) => line.name === name)
      .map(({ text }) => text);
  }

  async status(): Promise<SidecarStatus> {
    return await this.#askSocket<SidecarStatus>({ ask: 'status' });
  }

  async explain(question: ExplainQuestion): Promise<Explanation> {
    return await this.#askSocket<Explanation>({ ask: 'explain', question });
  }

  async #askSocket<T>(asked: object): Promise<T> {
    const socket = net.connect(path.join(this.folder, 'status.sock'));
    socket.write(`${JSON.stringify(asked)}\n`);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    await once(socket, 'close');
    return JSON.parse(text);
  }

  /** Runs one of the sidecar's own commands beside it. */
  async ask(command: 'health' | 'status'): Promise<{ code: number; out: string }> {
    const child = this.#runSidecar(command, '');
    let out = '';
    child.stdout?.on('data', (chunk) => (out += chunk));
    child.stderr?.on('data', (chunk) => (out += chunk));
    const [code] = await once(child, 'close');
    return { code, out };
  }

  /** Another one beside it, in a directory of its own. */
  async runSecond(): Promise<{ code: number; out: string }> {
    const linkDirectory = path.join(this.folder, 'second');
    const child = this.#runSidecar('run', JSON.stringify({ ...this.#config, linkDirectory }));
    let out = '';
    child.stderr?.on('data', (chunk) => {
      out += chunk;
    });
    const [code] = await once(child, 'close');
    return { code, out };
  }

  async stopSidecar(signal: NodeJS.Signals): Promise<number | null> {
    const sidecar = this.#sidecar;
    if (!sidecar || sidecar.exitCode !== null || sidecar.signalCode !== null) return null;
    const exit = once(sidecar, 'exit');
    sidecar.kill(signal);
    const [code] = await exit;
    return code;
  }

  get sidecarPid(): number {
    return this.#sidecar?.pid ?? 0;
  }

  async demolish(): Promise<void> {
    this.cut();
    await this.stopSidecar('SIGKILL');
    await Promise.all([this.agent, ...this.programs].map((program) => program.kill()));
    this.networks.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #splice(): Promise<void> {
    const sidecar = await dial(path.join(this.folder, 'link/link.sock'));
    sidecar.write(encodePreamble(this.#key));
    const agent = await dial(path.join(this.folder, 'agent.sock'));
    splice(sidecar, agent);
    this.#pipes = [sidecar, agent];
  }

  #newAgent(): Program<AgentCommands> {
    const capabilities = ['net_admin', 'net_raw'];
    return new Program<AgentCommands>(
      { namespace: this.networks.pod, capabilities },
      'sidecar-agent.ts',
    );
  }

  #runSidecar(command: string, config: string): ChildProcess {
    const place = { namespace: this.networks.service, capabilities: ['net_admin', 'net_raw'] };
    const statusSocket = path.join(this.folder, 'status.sock');
    const [program, args] = commandAt(place, SIDECAR, command);
    return spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, KDEV_CONFIG: config, KDEV_STATUS_SOCKET: statusSocket },
    });
  }
}

/** Tries until the deadline, which the last error explains. */
export async function retry<T>(deadline: number, act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function dial(socket: string): Promise<net.Socket> {
  const pipe = net.connect(socket);
  await once(pipe, 'connect');
  return pipe;
}

function splice(a: net.Socket, b: net.Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
    from.pipe(to);
  }
}
