import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  /** The command is killed when it takes longer. */
  readonly timeoutMs?: number;
  /** Sees every line of both outputs as it comes. */
  readonly onLine?: (line: string) => void;
}

/** A command that could not be started, failed, or ran out of its time: `output` is what it last printed. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number | undefined;
  readonly output: string;

  constructor(command: string, ending: Ending, output: string) {
    super(`${command}: ${ending.words}${output === '' ? '' : `\n${output}`}`);
    this.exitCode = ending.exitCode;
    this.output = output;
  }
}

interface Ending {
  readonly words: string;
  readonly exitCode?: number;
}

const keptLines = 40;
const defaultTimeoutMs = 120_000;

/** Runs a command without a shell and without input of its own; resolves with its standard output, trimmed. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const child = start(command, args, options);
  // EPIPE: the command did not want all of its input; its exit code tells.
  child.stdin?.on('error', () => undefined).end(options.input);
  return await outcome(child, [command, ...args], options);
}

/** Runs `first | second`; resolves with the standard output of the second when both have succeeded. */
export async function pipe(
  first: readonly [string, ...string[]],
  second: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<string> {
  const source = spawn(first[0], first.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  const sink = start(second[0], second.slice(1), { ...options, input: '' });
  sink.stdin?.on('error', () => source.kill());
  if (sink.stdin) source.stdout.pipe(sink.stdin);
  // Its output is the second's input: only what it complains of is collected.
  const sent = outcome(source, first, options, false);
  const [, received] = await Promise.allSettled([sent, outcome(sink, second, options)]);
  if (received.status === 'rejected') throw received.reason;
  await sent;
  return received.value;
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

function start(command: string, args: readonly string[], options: RunOptions): ChildProcess {
  return spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
}

async function outcome(
  child: ChildProcess,
  command: readonly string[],
  options: RunOptions,
  collectOutput = true,
): Promise<string> {
  const output: string[] = [];
  const last: string[] = [];
  const see = (line: string) => {
    last.push(line);
    if (last.length > keptLines) last.shift();
    options.onLine?.(line);
  };
  if (collectOutput && child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      output.push(line);
      see(line);
    });
  }
  if (child.stderr) createInterface({ input: child.stderr }).on('line', see);
  const ending = await end(child, options.timeoutMs ?? defaultTimeoutMs);
  if (ending.exitCode === 0) return output.join('\n').trim();
  throw new CommandError(command.slice(0, 7).join(' '), ending, last.join('\n').trim());
}

async function end(child: ChildProcess, timeoutMs: number): Promise<Ending> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const ending = await new Promise<Ending>((resolve) => {
    child.on('error', (error) => resolve({ words: error.message }));
    child.on('close', (exitCode, signal) =>
      resolve(
        exitCode === null
          ? { words: `ended by ${signal}` }
          : { words: `exit code ${exitCode}`, exitCode },
      ),
    );
  });
  clearTimeout(timer);
  return late ? { words: `not finished after ${timeoutMs / 1000} s` } : ending;
}
