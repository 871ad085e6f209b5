import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** What came from a terminal, and when: seconds since the start. */
export type OutputEvent = readonly [at: number, text: string];

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const keyMs = 12;
const commandMs = 120_000;
/** Says to a terminal that a prompt begins (OSC 133); it shows nothing. */
const promptMark = '\u001b]133;A\u0007';
const prompt = '\\[\\e]133;A\\a\\e[1;32m\\]$\\[\\e[0m\\] ';

/** A shell on a terminal of its own, in which somebody types; everything that it prints is kept with its time. */
export class TerminalSession {
  readonly events: OutputEvent[] = [];
  readonly #child: ChildProcess;
  readonly #startedAt = performance.now();
  #output = '';
  #changed = () => {};

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
      this.events.push([(performance.now() - this.#startedAt) / 1000, text]);
      this.#changed();
    });
  }

  static async open({ columns, rows, cwd, env }: TerminalOptions): Promise<TerminalSession> {
    // A shell that is not interactive takes PS1 out of its environment.
    const shell = `stty cols ${columns} rows ${rows}; PS1='${prompt}' exec bash --noprofile --norc -i`;
    const child = spawn('script', ['--quiet', '--flush', '--command', shell, '/dev/null'], {
      cwd,
      env: {
        ...env,
        TERM: 'xterm-256color',
        SHELL: '/bin/bash',
        INPUTRC: '/dev/null',
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const session = new TerminalSession(child);
    await session.#prompt(1);
    return session;
  }

  /** Types a command as a person would, and waits until the shell asks for the next one. */
  async type(command: string): Promise<void> {
    const prompts = this.#prompts();
    for (const key of command) {
      this.#child.stdin?.write(key);
      await delay(keyMs);
    }
    this.#child.stdin?.write('\n');
    await this.#prompt(prompts + 1);
  }

  async close(): Promise<void> {
    this.#child.stdin?.write('exit\n');
    await once(this.#child, 'close');
  }

  #prompts(): number {
    return this.#output.split(promptMark).length - 1;
  }

  async #prompt(count: number): Promise<void> {
    const deadline = performance.now() + commandMs;
    while (this.#prompts() < count) {
      if (performance.now() > deadline) throw new Error(`no prompt:\n${this.#output}`);
      const changed = new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
      await Promise.race([changed, delay(1000)]);
    }
  }
}
