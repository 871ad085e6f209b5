import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Endpoint } from '../../src/protocol/messages.ts';
import { run } from '../run/shell.ts';
import { eventually } from './eventually.ts';

/** What the test apps answer to a request. */
export interface Seen {
  readonly app: string;
  readonly language: string;
  readonly method: string;
  readonly path: string;
  readonly peer: Endpoint;
  readonly local: Endpoint;
  readonly headers: Readonly<Record<string, string>>;
  readonly length: number;
  readonly body: string;
}

export interface Answer {
  readonly status?: number;
  readonly body?: Seen;
  /** The client's own end of the connection. */
  readonly local?: Endpoint;
  /** An errno, or `timeout`. */
  readonly error?: string;
  readonly elapsedMs: number;
}

export interface Request {
  readonly url: string;
  readonly method?: string;
  readonly body?: string;
  /** A body of so many letters. */
  readonly bodyLength?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface RawTalk {
  readonly host: string;
  readonly port: number;
  readonly line: string;
  readonly bytes?: number;
  readonly after?: 'nothing' | 'their end';
  readonly reset?: number;
}

export interface RawResult {
  readonly bytes: number;
  readonly ended: string;
  readonly text: string;
  readonly received?: string;
  readonly sent?: string;
}

/** One answer to a client that asks again and again. */
export interface Glimpse {
  readonly n: number;
  readonly at: number;
  readonly app?: string;
  readonly status?: number;
  readonly error?: string;
  readonly elapsedMs: number;
}

const programFile = path.join(import.meta.dirname, 'client-program.mjs');
const commandMs = 60_000;

/** A place in which Node runs: `kubectl exec -i …` into a pod, or `docker exec -i …` into a container. */
export class Client {
  readonly #entry: readonly [string, ...string[]];

  constructor(entry: readonly [string, ...string[]]) {
    this.#entry = entry;
  }

  async request(request: Request): Promise<Answer> {
    return await this.#run('request', request);
  }

  async keepAlive(url: string, count: number): Promise<Answer[]> {
    return await this.#run('keepAlive', { url, count });
  }

  async pipeline(to: { host: string; port: number; paths: string[] }): Promise<{ apps: string[] }> {
    return await this.#run('pipeline', to);
  }

  async raw(talk: RawTalk): Promise<RawResult> {
    return await this.#run('raw', talk);
  }

  /** Asks the Kubernetes API with the files of the service account. */
  async api(apiPath: string): Promise<{ status?: number; error?: string; body?: unknown }> {
    return await this.#run('api', { path: apiPath });
  }

  /** A client that makes a new connection every so often, whatever became of the others, until it is stopped. */
  async watch(url: string, { everyMs = 50, timeoutMs = 5_000 } = {}): Promise<Watcher> {
    const child = spawn(...this.#command('watch', { url, everyMs, timeoutMs }), {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin?.end(await readFile(programFile));
    return new Watcher(child);
  }

  async #run<T>(command: string, args: object): Promise<T> {
    const output = await run(...this.#command(command, args), {
      input: await readFile(programFile),
      timeoutMs: commandMs,
    });
    return JSON.parse(output);
  }

  #command(command: string, args: object): [string, string[]] {
    const [program, ...words] = this.#entry;
    const node = ['node', '--input-type=module', '-', command, JSON.stringify(args)];
    return [program, [...words, ...node]];
  }
}

export class Watcher {
  readonly glimpses: Glimpse[] = [];
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    if (!child.stdout) throw new Error('the watching client has no output');
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.glimpses.push(JSON.parse(line));
    });
  }

  get last(): Glimpse | undefined {
    return this.glimpses.at(-1);
  }

  /** Waits for an answer that comes from now on. */
  async sees(
    awaited: string,
    deadlineMs: number,
    isIt: (glimpse: Glimpse) => boolean,
  ): Promise<Glimpse> {
    const from = this.glimpses.length;
    return await eventually(awaited, { deadlineMs, everyMs: 10 }, () => {
      const found = this.glimpses.slice(from).find(isIt);
      if (found) return found;
      throw new Error(`the last answers: ${JSON.stringify(this.glimpses.slice(-3))}`);
    });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
