import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { SidecarConfig, SidecarStatus } from '../../src/protocol/launch.ts';
import { encodePreamble } from '../../src/protocol/preamble.ts';
import type { AgentCommands } from './sidecar-agent.ts';
import { commandAt, Program } from './sidecar-process.ts';
import type { Commands } from './sidecar-program.ts';

/** Of the service's namespace and its one connected network, in which `NEIGHBOUR` is another compose service and the way out. */
export const SERVICE4 = '10.88.0.2';
export const NEIGHBOUR4 = '10.88.0.1';
export const SERVICE6 = 'fd00:88::2';
export const NEIGHBOUR6 = 'fd00:88::1';
/** Addresses of the cluster; the developer's own network has somebody else at each of them. */
export const CLUSTER4 = '10.96.0.10';
export const CLUSTER6 = 'fd00:96::10';
/** `host.docker.internal` of /etc/hosts: in no connected network. */
export const DOCKER_HOST4 = '172.31.0.1';
/** In the pod: dropped, `ip route add unreachable`, and no route at all. */
export const BLACK_HOLE = '10.96.0.99';
export const UNREACHABLE = '10.97.0.1';
export const NO_ROUTE = '192.0.2.1';

const SIDECAR = path.join(import.meta.dirname, '../../sidecar/main.ts');
const UP_MS = 20_000;
let made = 0;

/**
 * Three namespaces: the service's, its Docker network with the rest of the developer's world, and the pod's. The real
 * sidecar runs in the first with the capabilities that its container has, the agent's end of the real tunnel in the
 * third, and the test itself splices pipes between them, as the session does.
 */
export class SidecarWorld {
  readonly service: string;
  readonly network: string;
  readonly pod: string;
  readonly folder: string;
  readonly programs: Program<Commands>[] = [];
  /** What the sidecar said. */
  readonly log: string[] = [];
  agent: Program<AgentCommands>;
  readonly #key = { id: randomBytes(16).toString('hex'), secret: randomBytes(32) };
  #sidecar: ChildProcess | undefined;
  #pipes: net.Socket[] = [];

  private constructor() {
    made += 1;
    const name = `ks${process.pid}x${made}`;
    this.service = `${name}s`;
    this.network = `${name}n`;
    this.pod = `${name}p`;
    this.folder = mkdtempSync(path.join(os.tmpdir(), 'kdev-sidecar-'));
    this.#layNetworks();
    this.agent = this.#newAgent();
  }

  static async build(config: Partial<SidecarConfig> = {}): Promise<SidecarWorld> {
    const world = new SidecarWorld();
    try {
      await world.startAgent();
      world.startSidecar(config);
      await world.connect();
      return world;
    } catch (error) {
      await world.demolish();
      throw error;
    }
  }

  /** A program in one of the namespaces, without any capability. */
  start(namespace: string): Program<Commands> {
    const program = new Program<Commands>({ namespace }, 'sidecar-program.ts');
    this.programs.push(program);
    return program;
  }

  startSidecar(config: Partial<SidecarConfig>): void {
    const whole: SidecarConfig = {
      protocol: 1,
      session: 'test00000000',
      service: 'service',
      linkDirectory: path.join(this.folder, 'link'),
      incoming: { mode: 'off', ports: [] },
      localNames: [],
      files: { mounts: [] },
      ...config,
    };
    this.#sidecar = this.#runSidecar('run', JSON.stringify(whole));
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

  /** Splices a pipe between the two, and waits until the sidecar is healthy. */
  async connect(): Promise<void> {
    const deadline = Date.now() + UP_MS;
    await retry(deadline, async () => {
      const sidecar = await dial(path.join(this.folder, 'link/link.sock'));
      sidecar.write(encodePreamble(this.#key));
      const agent = await dial(path.join(this.folder, 'agent.sock'));
      splice(sidecar, agent);
      this.#pipes = [sidecar, agent];
    });
    await retry(deadline, async () => {
      const { missing } = await this.status();
      if (missing.length > 0) throw new Error(missing.join('; '));
    });
  }

  /** The session loses its way to the cluster. */
  cut(): void {
    for (const pipe of this.#pipes) pipe.destroy();
  }

  /** Whether what comes to BLACK_HOLE is dropped. */
  hole(state: 'open' | 'close'): void {
    const chain = `chain in { type filter hook input priority 0; ip daddr ${BLACK_HOLE} drop; }`;
    const content = state === 'close' ? chain : '';
    const script = `add table ip hole; delete table ip hole; table ip hole { ${content} }`;
    run('ip', 'netns', 'exec', this.pod, 'nft', script);
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
    const socket = net.connect(path.join(this.folder, 'status.sock'));
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
    for (const name of [this.service, this.network, this.pod]) {
      run('ip', 'netns', 'delete', name);
      rmSync(`/etc/netns/${name}`, { recursive: true, force: true });
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  #newAgent(): Program<AgentCommands> {
    return new Program<AgentCommands>({ namespace: this.pod }, 'sidecar-agent.ts');
  }

  #runSidecar(command: string, config: string): ChildProcess {
    const place = { namespace: this.service, capabilities: ['net_admin', 'net_raw'] };
    const statusSocket = path.join(this.folder, 'status.sock');
    const [program, args] = commandAt(place, SIDECAR, command);
    return spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, KDEV_CONFIG: config, KDEV_STATUS_SOCKET: statusSocket },
    });
  }

  #layNetworks(): void {
    const { service, network, pod } = this;
    for (const name of [service, network, pod]) {
      run('ip', 'netns', 'add', name);
      run('ip', '-n', name, 'link', 'set', 'lo', 'up');
    }
    const veth = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', network];
    run('ip', 'link', 'add', 'eth0', 'netns', service, ...veth);
    const ends = [
      [service, SERVICE4, SERVICE6],
      [network, NEIGHBOUR4, NEIGHBOUR6],
    ] as const;
    for (const [name, v4, v6] of ends) {
      run('ip', '-n', name, 'address', 'add', `${v4}/24`, 'dev', 'eth0');
      run('ip', '-n', name, 'address', 'add', `${v6}/64`, 'dev', 'eth0', 'nodad');
      run('ip', '-n', name, 'link', 'set', 'eth0', 'up');
    }
    run('ip', '-n', service, 'route', 'add', 'default', 'via', NEIGHBOUR4);
    run('ip', '-n', service, '-6', 'route', 'add', 'default', 'via', NEIGHBOUR6);
    for (const name of [network, pod]) {
      for (const address of [`${CLUSTER4}/32`, `${CLUSTER6}/128`]) {
        run('ip', '-n', name, 'address', 'add', address, 'dev', 'lo');
      }
    }
    run('ip', '-n', pod, 'address', 'add', `${BLACK_HOLE}/32`, 'dev', 'lo');
    run('ip', '-n', network, 'address', 'add', `${DOCKER_HOST4}/32`, 'dev', 'lo');
    this.hole('close');
    run('ip', '-n', pod, 'route', 'add', 'unreachable', `${UNREACHABLE}/32`);
    mkdirSync(`/etc/netns/${service}`, { recursive: true });
    writeFileSync(
      `/etc/netns/${service}/resolv.conf`,
      'nameserver 127.0.0.11\noptions timeout:2 attempts:1\n',
    );
    writeFileSync(
      `/etc/netns/${service}/hosts`,
      `127.0.0.1 localhost\n${DOCKER_HOST4} host.docker.internal\n`,
    );
    mkdirSync(path.join(this.folder, 'link'), { mode: 0o777 });
  }
}

function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8' });
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
