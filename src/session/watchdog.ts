import { type ChildProcess, spawn } from 'node:child_process';
import type { Log } from './session-log.ts';

/**
 * A shell that waits for the end of its standard input, which the kernel closes when the session dies of anything, and
 * then runs the command. It is in a process group of its own, so that what is sent to the session's does not reach it.
 */
const script = 'read -r word; [ "$word" = done ] && exit 0; exec "$@"';

/** Sees to it that somebody cleans up after this process. */
export class Watchdog {
  readonly #command: readonly string[];
  readonly #log: Log;
  #shell: ChildProcess;
  #isDone = false;

  constructor(command: readonly string[], log: Log) {
    this.#command = command;
    this.#log = log;
    this.#shell = this.#start();
  }

  /** The process ended its work properly: nothing is to be cleaned up. */
  done(): void {
    this.#isDone = true;
    this.#shell.stdin?.end('done\n');
  }

  #start(): ChildProcess {
    const shell = spawn('/bin/sh', ['-c', script, 'kdev-watchdog', ...this.#command], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
    });
    shell.unref();
    shell.stdin?.on('error', () => undefined);
    shell.once('error', (error) => this.#log(`watchdog: ${error.message}`));
    shell.once('exit', () => {
      if (this.#isDone) return;
      this.#log('the watchdog ended: another one is started');
      this.#shell = this.#start();
    });
    return shell;
  }
}
