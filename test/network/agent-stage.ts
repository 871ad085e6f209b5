import {
  type ChildProcess,
  type ChildProcessWithoutNullStreams,
  execFileSync,
  spawn,
} from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AgentConfig, PROTOCOL_VERSION } from '../../src/protocol/launch.ts';
import type { Endpoint, Method } from '../../src/protocol/messages.ts';
import type { TrafficFilter } from '../../src/protocol/traffic-filter.ts';
import type { Role } from '../../src/tunnel/secure-pipe.ts';
import type { ClientCommands } from './agent-client.ts';
import type { Knock, PeerCommands } from './agent-peer.ts';
import { AGENT, type Cable, layCable, NEAR4, removeCable, tables } from './kernel-namespaces.ts';
import { type CommandSet, commandAt, Program } from './sidecar-process.ts';
import type { Commands } from './sidecar-program.ts';

const TUNNEL_PORT = 7313;
const READY_MS = 15_000;
const agentProgram = path.join(import.meta.dirname, '../../agent/main.ts');

/** Where the kernel keeps the groups of processes: v2 alone, or one of v1's trees. */
const cgroups = existsSync('/sys/fs/cgroup/cgroup.controllers')
  ? '/sys/fs/cgroup'
  : '/sys/fs/cgroup/pids';

export interface LogLine {
  readonly text?: string;
  readonly name?: string;
  readonly fatal?: string;
  readonly code?: string;
}

/** A running agent: the real program with the capabilities that its pod has. */
export class AgentProcess {
  readonly lines: LogLine[] = [];
  readonly key: { readonly id: string; readonly secret: Buffer };
  readonly #child: ChildProcess;

  constructor(
    { namespace, podAddress }: { namespace: string; podAddress: string },
    config: AgentConfig,
    key: AgentProcess['key'],
  ) {
    this.key = key;
    const env = {
      KDEV_CONFIG: JSON.stringify(config),
      KDEV_KEY_ID: key.id,
      KDEV_KEY: key.secret.toString('base64'),
      KDEV_POD_IP: podAddress,
      KDEV_HOST_IP: podAddress,
    };
    const capabilities = [...AGENT, 'dac_read_search'];
    const [command, args] = commandAt({ namespace, capabilities }, agentProgram);
    this.#child = spawn(command, args, {
      stdio: ['ignore', 'inherit', 'pipe'],
      env: { ...process.env, ...env },
    });
    let rest = '';
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      const parts = `${rest}${chunk}`.split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) this.#read(part);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** Waits until a line says so. */
  async says(text: string): Promise<void> {
    const deadline = Date.now() + READY_MS;
    while (!this.lines.some((line) => line.text === text)) {
      if (this.#child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`the agent did not say ${text}: ${JSON.stringify(this.lines)}`);
      }
      await sleep(10);
    }
  }

  /** The exit code, once it has ended. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await once(this.#child, 'exit');
    }
    return this.#child.exitCode;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    this.#child.kill(signal);
    return await this.ended();
  }

  #read(part: string): void {
    if (part.startsWith('{')) this.lines.push(JSON.parse(part) as LogLine);
    else process.stderr.write(`agent: ${part}\n`);
  }
}

/**
 * The target's network namespace (`far`) with a target in it, and the agent's own (`near`), in which the sidecar's and the session's ends
 * of the tunnel and the clients of the target are.
 */
export class Stage {
  readonly cable: Cable = layCable();
  readonly #programs: { kill(): Promise<unknown> }[] = [];
  readonly #groups: string[] = [];
  readonly #folders: string[] = [];

  /** A program in the target's container. */
  startTarget(): Target {
    const program = this.start<Commands>(this.cable.far, 'sidecar-program.ts');
    return { program, containerId: this.#putIntoContainer(program.pid) };
  }

  /** A web server in the target's network, which answers requests, and one that speaks first (in the target). */
  async serveWeb({ program }: Target, ports: { web: number; banner: number }): Promise<void> {
    const web = this.start<ClientCommands>(this.cable.far, 'agent-client.ts');
    await web.call('serveHttp', { address: '::', port: ports.web, where: 'target' });
    const banner = { address: '::', port: ports.banner, how: 'greet', where: 'target' } as const;
    await program.call('serve', banner);
  }

  /** A target that does nothing, with files of its own over the machine's, by path; answers where they can be changed. */
  startTargetWithFiles(files: Record<string, string>): { containerId: string; folder: string } {
    const folder = mkdtempSync(path.join(tmpdir(), 'kdev-target-'));
    this.#folders.push(folder);
    const binds = Object.entries(files).map(([file, content]) => {
      writeFileSync(path.join(folder, path.basename(file)), content);
      return `mount --bind ${path.join(folder, path.basename(file))} ${file} && `;
    });
    const script = `${binds.join('')}exec sleep 1000`;
    const child = this.#isolate(script);
    return { containerId: this.#putIntoContainer(child.pid ?? 0), folder };
  }

  /** A target that does nothing, with a Secret of type kubernetes.io/tls; answers the folder in which the same files lie. */
  async startTargetWithSecret(secret: {
    cert: string;
    key: string;
  }): Promise<{ containerId: string; folder: string }> {
    const folder = mkdtempSync(path.join(tmpdir(), 'kdev-target-'));
    this.#folders.push(folder);
    writeFileSync(path.join(folder, 'tls.crt'), secret.cert);
    writeFileSync(path.join(folder, 'tls.key'), secret.key);
    mkdirSync(path.join(folder, 'secret'));
    const script = `cd ${folder} && mount -t tmpfs secret secret && cp tls.* secret && echo mounted && exec sleep 1000`;
    const child = this.#isolate(script);
    await once(child.stdout, 'data');
    return { containerId: this.#putIntoContainer(child.pid ?? 0), folder };
  }

  /** Runs a script in the target's network, with mounts of its own. */
  #isolate(script: string): ChildProcessWithoutNullStreams {
    const isolated = ['unshare', '-m', '--propagation', 'private', 'sh', '-c', script];
    const child = spawn('ip', ['netns', 'exec', this.cable.far, ...isolated]);
    this.#programs.push({
      kill: async () => {
        child.kill('SIGKILL');
        await once(child, 'exit');
      },
    });
    return child;
  }

  #putIntoContainer(pid: number): string {
    const containerId = randomBytes(32).toString('hex');
    const group = path.join(cgroups, `kdev-test-${process.pid}-${containerId.slice(0, 8)}`);
    mkdirSync(path.join(group, containerId), { recursive: true });
    this.#groups.push(path.join(group, containerId), group);
    writeFileSync(path.join(group, containerId, 'cgroup.procs'), `${pid}`);
    return containerId;
  }

  async startAgent(
    target: Pick<Target, 'containerId'>,
    { podAddress = NEAR4, ...over }: Partial<AgentConfig> & { podAddress?: string } = {},
  ): Promise<AgentProcess> {
    const key = { id: randomBytes(16).toString('hex'), secret: randomBytes(32) };
    const config: AgentConfig = {
      protocol: PROTOCOL_VERSION,
      session: 'abcdefgh2345',
      tunnelPort: TUNNEL_PORT,
      target: { namespace: 'shop', pod: 'p', container: 'app', containerId: target.containerId },
      probePorts: [],
      lingerMs: 40_000,
      ...over,
    };
    const agent = new AgentProcess({ namespace: this.cable.near, podAddress }, config, key);
    this.#programs.push(agent);
    await agent.says('ready');
    return agent;
  }

  /** A client of the target, in another namespace. */
  startClient(): Program<Commands> {
    return this.start<Commands>(this.cable.near, 'sidecar-program.ts');
  }

  /** A client that keeps its connections. */
  startHolder(namespace = this.cable.near): Program<ClientCommands> {
    return this.start<ClientCommands>(namespace, 'agent-client.ts');
  }

  /** A client within the target's pod; also its nameserver. */
  startNeighbour(): Program<Commands> {
    return this.start<Commands>(this.cable.far, 'sidecar-program.ts', ['net_bind_service']);
  }

  async startPeer(agent: AgentProcess, over: Partial<Knock> = {}): Promise<Peer> {
    const peer = new Peer(this.start<PeerCommands>(this.cable.near, 'agent-peer.ts'), agent);
    await peer.connect('sidecar', over);
    return peer;
  }

  /** nft tables in the target's namespace. */
  get tables(): string {
    return tables(this.cable.far);
  }

  /** The content of one of them. */
  list(table: string): string {
    const command = ['netns', 'exec', this.cable.far, 'nft', 'list', 'table', 'inet', table];
    return execFileSync('ip', command, { encoding: 'utf8' });
  }

  async clear(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.kill()));
    removeCable(this.cable);
    for (const group of this.#groups) removeGroup(group);
    for (const folder of this.#folders) rmSync(folder, { recursive: true });
  }

  start<C extends CommandSet>(
    namespace: string,
    file: string,
    capabilities: readonly string[] = [],
  ): Program<C> {
    const program = new Program<C>({ namespace, capabilities }, file);
    this.#programs.push(program);
    return program;
  }
}

export interface Target {
  readonly program: Program<Commands>;
  readonly containerId: string;
}

/** A peer of the agent, with what tests ask it for most. */
export class Peer {
  readonly program: Program<PeerCommands>;
  readonly #agent: AgentProcess;

  constructor(program: Program<PeerCommands>, agent: AgentProcess) {
    this.program = program;
    this.#agent = agent;
  }

  async connect(role: Role, over: Partial<Knock> = {}): Promise<void> {
    const { id, secret } = this.#agent.key;
    const knock = { role, how: 'upgrade', to: { address: NEAR4, port: TUNNEL_PORT } } as const;
    const key = { keyId: id, secret: secret.toString('hex') };
    await this.program.call('connect', { ...knock, ...key, ...over });
  }

  async call(method: Method, args: unknown, role: Role = 'sidecar'): Promise<unknown> {
    return (await this.program.call('call', { role, method, args })).body;
  }

  async steal(...ports: number[]): Promise<unknown> {
    return await this.call('incoming.set', { mode: 'steal', ports });
  }

  async stealMatching(filter: TrafficFilter, ...ports: number[]): Promise<unknown> {
    return await this.call('incoming.set', { mode: 'steal', ports, filter });
  }

  async mirror(...ports: number[]): Promise<unknown> {
    return await this.call('incoming.set', { mode: 'mirror', ports });
  }
}

export const door: Endpoint = { address: NEAR4, port: TUNNEL_PORT };

/** The kernel empties a group a moment after its last process has ended. */
function removeGroup(group: string): void {
  for (let attempt = 0; ; attempt++) {
    try {
      rmdirSync(group);
      return;
    } catch (error) {
      if (attempt === 50) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}
