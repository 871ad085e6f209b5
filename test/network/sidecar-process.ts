import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const CALL_DEADLINE_MS = 60_000;

type Command = (argument: never) => unknown;
export type CommandSet = Readonly<Record<string, Command>>;

export interface Place {
  /** Network namespace. */
  readonly namespace: string;
  /** Everything else is dropped. */
  readonly capabilities?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

interface Request {
  readonly call: number;
  readonly command: string;
  readonly argument: never;
}

interface Answer {
  readonly call: number;
  readonly value?: unknown;
  readonly error?: { readonly message: string; readonly code: string };
}

/** argv that runs a TypeScript program of the tests, or of kdev, at a place. */
export function commandAt(place: Place, file: string, ...args: string[]): [string, string[]] {
  const kept = (place.capabilities ?? []).map((name) => `+${name}`);
  const confined = ['setpriv', '--bounding-set', ['-all', ...kept].join(','), '--inh-caps', '-all'];
  const node = [process.execPath, '--import', 'tsx', file, ...args];
  return ['ip', ['netns', 'exec', place.namespace, ...confined, ...node]];
}

/** A program of the tests in a network namespace, which runs its commands on request. */
export class Program<C extends CommandSet> {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  constructor(place: Place, file: string) {
    const [command, args] = commandAt(place, path.join(import.meta.dirname, file));
    this.#child = spawn(command, args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...place.env },
    });
    this.#child.setMaxListeners(0);
    this.#child.on('message', (answer: Answer) => this.#waiting.get(answer.call)?.(answer));
    this.#child.on('exit', () => {
      for (const [call, finish] of this.#waiting) finish(failure(call, 'the program ended'));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  call<N extends keyof C & string>(
    command: N,
    argument: Parameters<C[N]>[0],
  ): Promise<Awaited<ReturnType<C[N]>>> {
    this.#calls += 1;
    const call = this.#calls;
    return new Promise((resolve, reject) => {
      const finish = ({ error, value }: Answer) => {
        clearTimeout(timer);
        this.#waiting.delete(call);
        if (error) reject(Object.assign(new Error(`${command}: ${error.message}`), error));
        else resolve(value as Awaited<ReturnType<C[N]>>);
      };
      const timer = setTimeout(() => finish(failure(call, 'no answer')), CALL_DEADLINE_MS);
      this.#waiting.set(call, finish);
      this.#child.send({ call, command, argument });
    });
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exit;
  }
}

function failure(call: number, message: string): Answer {
  return { call, error: { message, code: '' } };
}

/** The other side: call it once in a program. */
export function serveCommands(commands: CommandSet): void {
  const serve = async ({ call, command, argument }: Request) => {
    try {
      process.send?.({ call, value: await commands[command]?.(argument) });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      process.send?.({ call, error: { message: String(error), code } });
    }
  };
  process.on('message', (request: Request) => void serve(request));
  process.on('disconnect', () => process.exit());
}
