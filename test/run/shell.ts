import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  /** The command is killed when it takes longer. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Sees every line of both outputs as it comes. */
  readonly onLine?: (line: string) => void;
}

/** A command that could not be started, failed, or ran out of its time: `output` is what it last printed. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number | undefined;
  readonly output: string;

  constructor(command: string, ending: string, exitCode: number | undefined, output: string) {
    super(output === '' ? `${command}: ${ending}` : `${command}: ${ending}\n${output}`);
    this.exitCode = exitCode;
    this.output = output;
  }
}

const keptLines = 40;
const defaultTimeoutMs = 120_000;

/** Runs a command without a shell and without input of its own; resolves with its standard output, trimmed. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const output: string[] = [];
  const last: string[] = [];
  const see = (line: string) => {
    last.push(line);
    if (last.length > keptLines) last.shift();
    options.onLine?.(line);
  };
  eachLine(child.stdout, (line) => {
    output.push(line);
    see(line);
  });
  eachLine(child.stderr, see);
  // EPIPE: the command did not want all of its input; its exit code tells.
  child.stdin?.on('error', () => undefined).end(options.input);

  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const ending = await new Promise<number | string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code ?? `ended by ${signal}`));
  });
  clearTimeout(timer);
  if (ending === 0) return output.join('\n').trim();
  const words = late
    ? `not finished after ${timeoutMs / 1000} s`
    : typeof ending === 'number'
      ? `exit code ${ending}`
      : ending;
  const shown = [command, ...args.slice(0, 6)].join(' ');
  throw new CommandError(
    shown,
    words,
    typeof ending === 'number' ? ending : undefined,
    last.join('\n').trim(),
  );
}

/** Whether a command exists and exits with 0. */
export async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  return (await outputOf(command, args)) !== undefined;
}

/** The standard output of a command, or undefined where it is missing or fails. */
export async function outputOf(
  command: string,
  args: readonly string[],
): Promise<string | undefined> {
  try {
    return await run(command, args, { timeoutMs: 30_000 });
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

function eachLine(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream) createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine);
}
