import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { appImage } from '../fixtures/app-images.ts';
import { run } from '../run/shell.ts';
import { eventually } from './eventually.ts';
import type { Ended, RunningCommand } from './kdev-command.ts';
import type { Project } from './project.ts';
import { ProjectShell } from './project-shell.ts';
import { World } from './world.ts';

const packageFolder = path.join(import.meta.dirname, '../..');

/** A dev container in a project's folder, and a shell for it: kdev, kdev-docker and the Dev Containers CLI are on its path. */
export class Devcontainer {
  readonly #project: Project;
  readonly #shell: ProjectShell;

  private constructor(project: Project, shell: ProjectShell) {
    this.#project = project;
    this.#shell = shell;
  }

  /** `more` is added to the environment of all that is run. */
  static async create(
    project: Project,
    { kdev, more = {} }: { readonly kdev: string; readonly more?: Record<string, string> },
  ): Promise<Devcontainer> {
    const temporary = path.join(project.folder, '.tmp');
    const shell = await ProjectShell.open(project, { kdev, more: { TMPDIR: temporary, ...more } });
    await mkdir(temporary);
    await shell.linkProgram(
      'devcontainer',
      path.join(packageFolder, 'node_modules/@devcontainers/cli/devcontainer.js'),
    );
    return new Devcontainer(project, shell);
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
  start(line: string): RunningCommand {
    return this.#shell.start(line);
  }

  /** Runs a line that must succeed. */
  async run(line: string): Promise<Ended> {
    return await this.#shell.run(line);
  }

  /** Runs a shell's line in the workspace, and answers with what it prints. */
  async exec(line: string): Promise<string> {
    const exec = 'devcontainer exec --docker-path kdev-docker --workspace-folder . sh -c';
    return (await this.run(`${exec} '${line}'`)).stdout.trim();
  }
}

/** The images that the CLI has built: it names them by the workspace's folder, and never takes them away. */
async function imagesOfCli(): Promise<string[]> {
  const format = ['--format', '{{.Repository}}:{{.Tag}}'];
  const names = await run('docker', ['image', 'ls', ...format, '--filter', 'reference=vsc-p*']);
  return names.split('\n').filter(Boolean);
}

/** What the workspaces of scenario 44 stand on: a target with a secret, and a peer. */
export interface Stage {
  readonly world: World;
  answeredBy(app: string): Promise<void>;
  /** Takes these images along, and those that the CLI has built. */
  close(...images: readonly string[]): Promise<void>;
}

export const password = 'the-password-of-the-pod';

export async function openStage(): Promise<Stage> {
  const imagesBefore = await imagesOfCli();
  const world = await World.open();
  const env = [{ name: 'DB_PASSWORD', value: password }];
  const [client] = await Promise.all([
    world.client(),
    world.deploy({ name: 'orders', language: 'go', env }),
    world.deploy({ name: 'peer', language: 'go' }),
  ]);
  return {
    world,
    answeredBy: (app) =>
      eventually(`${app} answers`, { deadlineMs: 30_000 }, async () => {
        expect((await client.request({ url: 'http://orders:8080/' })).body?.app).toBe(app);
      }),
    close: async (...images) => {
      await world[Symbol.asyncDispose]();
      const made = (await imagesOfCli()).filter((name) => !imagesBefore.includes(name));
      const all = [...images, ...made];
      if (all.length > 0) await run('docker', ['image', 'rm', '--force', ...all]);
    },
  };
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
