import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { appImage } from '../fixtures/app-images.ts';
import { type Ended, RunningCommand } from './kdev-command.ts';
import type { Project } from './project.ts';

const upMs = 120_000;
const packageFolder = path.join(import.meta.dirname, '../..');

/** A dev container in a project's folder, and a shell for it: kdev, kdev-docker and the Dev Containers CLI are on its path. */
export class Devcontainer {
  readonly #project: Project;
  readonly #programs: string;
  readonly #more: Readonly<Record<string, string>>;

  private constructor(project: Project, more: Readonly<Record<string, string>>) {
    this.#project = project;
    this.#programs = path.join(project.folder, '.bin');
    this.#more = more;
  }

  /** `more` is added to the environment of all that is run. */
  static async create(
    project: Project,
    { kdev, more = {} }: { readonly kdev: string; readonly more?: Record<string, string> },
  ): Promise<Devcontainer> {
    const one = new Devcontainer(project, more);
    await mkdir(one.#programs);
    await mkdir(one.temporary);
    // As npm would link them.
    await one.#writeProgram('kdev', `exec "${process.execPath}" "${kdev}" "$@"`);
    await symlink(
      path.join(path.dirname(kdev), '../bin/kdev-docker'),
      path.join(one.#programs, 'kdev-docker'),
    );
    await symlink(
      path.join(packageFolder, 'node_modules/@devcontainers/cli/devcontainer.js'),
      path.join(one.#programs, 'devcontainer'),
    );
    return one;
  }

  async #writeProgram(name: string, line: string): Promise<void> {
    const file = path.join(this.#programs, name);
    await writeFile(file, `#!/bin/sh\n${line}\n`);
    await chmod(file, 0o755);
  }

  /** Where the CLI keeps what it writes. */
  get temporary(): string {
    return path.join(this.#project.folder, '.tmp');
  }

  /** Writes into `.devcontainer`. */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(this.#project.folder, '.devcontainer', name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }

  /** Starts a line as it would be typed in the project's folder. */
  start(line: string, deadlineMs = upMs): RunningCommand {
    const { env } = this.#project;
    return new RunningCommand({
      command: ['sh', '-c', line],
      cwd: this.#project.folder,
      env: {
        ...env,
        PATH: `${this.#programs}:${path.dirname(process.execPath)}:${env['PATH']}`,
        TMPDIR: this.temporary,
        ...this.#more,
      },
      deadlineMs,
    });
  }

  /** Runs a line that must succeed. */
  async run(line: string): Promise<Ended> {
    const ended = await this.start(line).ended;
    if (ended.code === 0) return ended;
    const happened = await this.#project.whatHappened();
    throw new Error(`${line}: exit code ${ended.code}\n${ended.output}\n${happened}`);
  }

  /** Runs a shell's line in the workspace, and answers with what it prints. */
  async exec(line: string): Promise<string> {
    const exec = 'devcontainer exec --docker-path kdev-docker --workspace-folder . sh -c';
    return (await this.run(`${exec} '${line}'`)).stdout.trim();
  }
}

/** A workspace's image with a user that is not root; nothing runs in it until somebody starts it. */
export function workspaceDockerfile(more = ''): string {
  return [
    `FROM ${appImage('node')}`,
    'RUN useradd --create-home --shell /bin/bash dev',
    'ENTRYPOINT []',
    'CMD ["sleep", "infinity"]',
    more,
  ].join('\n');
}

/** A feature that lies beside devcontainer.json: none is fetched. */
export const helloFeature: Readonly<Record<string, string>> = {
  'hello/devcontainer-feature.json': JSON.stringify({
    id: 'hello',
    version: '1.0.0',
    name: 'hello',
  }),
  'hello/install.sh':
    '#!/bin/sh\nprintf "#!/bin/sh\\necho hello from a feature\\n" > /usr/local/bin/hello\nchmod 755 /usr/local/bin/hello\n',
};
