import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Ended, RunningCommand } from './kdev-command.ts';
import type { Project } from './project.ts';

const lineMs = 120_000;

/** A shell in a project's folder, where lines run as a reader of a page would type them. */
export class ProjectShell {
  readonly #project: Project;
  readonly #programs: string;
  readonly #more: Readonly<Record<string, string>>;

  private constructor(project: Project, more: Readonly<Record<string, string>>) {
    this.#project = project;
    this.#programs = path.join(project.folder, '.bin');
    this.#more = more;
  }

  /** With kdev and kdev-docker on its path, as npm would link them; `more` is added to the environment. */
  static async open(
    project: Project,
    { kdev, more = {} }: { readonly kdev: string; readonly more?: Record<string, string> },
  ): Promise<ProjectShell> {
    const shell = new ProjectShell(project, more);
    await mkdir(shell.#programs);
    await shell.addProgram('kdev', `exec "${process.execPath}" "${kdev}" "$@"`);
    await shell.linkProgram('kdev-docker', path.join(path.dirname(kdev), '../bin/kdev-docker'));
    return shell;
  }

  async addProgram(name: string, line: string): Promise<void> {
    const file = path.join(this.#programs, name);
    await writeFile(file, `#!/bin/sh\n${line}\n`);
    await chmod(file, 0o755);
  }

  async linkProgram(name: string, file: string): Promise<void> {
    await symlink(file, path.join(this.#programs, name));
  }

  start(line: string, deadlineMs = lineMs): RunningCommand {
    const { env, folder } = this.#project;
    return new RunningCommand({
      command: ['sh', '-c', line],
      cwd: folder,
      env: {
        ...env,
        TERM: 'xterm',
        PATH: `${this.#programs}:${path.dirname(process.execPath)}:${env['PATH']}`,
        ...this.#more,
      },
      deadlineMs,
    });
  }

  /** The same on a terminal of its own. */
  startOnTerminal(line: string): RunningCommand {
    return this.start(`script --quiet --flush --return --command '${line}' /dev/null`);
  }

  /** Runs a line that must succeed. */
  async run(line: string): Promise<Ended> {
    const ended = await this.start(line).ended;
    if (ended.code === 0) return ended;
    const happened = await this.#project.whatHappened();
    throw new Error(`${line}: exit code ${ended.code}\n${ended.output}\n${happened}`);
  }
}
