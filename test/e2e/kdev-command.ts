import { type ChildProcess, spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { eventually } from './eventually.ts';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, as they came. */
  readonly output: string;
  readonly elapsedMs: number;
}

export interface CommandPlan {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The command is killed when it takes longer, and `ended` rejects. */
  readonly deadlineMs: number;
}

const heldOutputsMs = 500;

/** A command that runs in a process group of its own, as a shell would start it. */
export class RunningCommand {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #words: string;
  #stdout = '';
  #stderr = '';
  #output = '';

  constructor(plan: CommandPlan) {
    const [program, ...args] = plan.command;
    this.#words = plan.command.join(' ');
    this.#child = spawn(program, args, {
      cwd: plan.cwd,
      env: plan.env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // EPIPE: the command has ended and does not read what is typed.
    this.#child.stdin?.on('error', () => undefined);
    this.#child.stdout?.on('data', (text: Buffer) => {
      this.#stdout += text.toString();
      this.#output += text.toString();
    });
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#stderr += text.toString();
      this.#output += text.toString();
    });
    this.ended = this.#end(plan.deadlineMs);
    this.ended.catch(() => undefined);
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#words} did not start`);
    return this.#child.pid;
  }

  /** Everything printed so far, without a terminal's colours and movements. */
  get output(): string {
    return stripVTControlCharacters(this.#output);
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Waits until the command has printed something. */
  async says(pattern: RegExp | string, deadlineMs: number): Promise<void> {
    await eventually(`${this.#words} says ${pattern}`, { deadlineMs, everyMs: 10 }, () => {
      const { output } = this;
      const said = typeof pattern === 'string' ? output.includes(pattern) : pattern.test(output);
      if (!said) throw new Error(`it said:\n${output}`);
    });
  }

  /** To this process alone. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** To the whole group, as a terminal does it. */
  killGroup(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }

  async #end(deadlineMs: number): Promise<Ended> {
    const startedAt = performance.now();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.killGroup('SIGKILL');
    }, deadlineMs);
    try {
      const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(
        (resolve, reject) => {
          this.#child.on('error', reject);
          this.#child.on('close', (...how) => resolve(how));
          // What it leaves running may hold its outputs open.
          this.#child.on('exit', (...how) => setTimeout(resolve, heldOutputsMs, how));
        },
      );
      if (late) {
        throw new Error(
          `${this.#words}: not finished after ${deadlineMs} ms; it said:\n${this.output}`,
        );
      }
      if (this.#stderr.includes('DeprecationWarning')) {
        throw new Error(`${this.#words}: Node warns of it:\n${this.output}`);
      }
      return {
        code,
        signal,
        stdout: this.#stdout,
        stderr: this.#stderr,
        output: this.output,
        elapsedMs: performance.now() - startedAt,
      };
    } finally {
      clearTimeout(timer);
    }
  }
}
