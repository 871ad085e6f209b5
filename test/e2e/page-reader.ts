import { expect } from 'vitest';
import { typedLines } from '../documents/command-lines.ts';
import { type Block, readPages, splitBlocks } from '../documents/pages.ts';
import { appImage } from '../fixtures/app-images.ts';
import { nodeBase } from '../fixtures/node-base.ts';
import { freePort } from './free-port.ts';
import type { Ended } from './kdev-command.ts';
import type { Project } from './project.ts';
import { ProjectShell } from './project-shell.ts';
import type { World } from './world.ts';

const terminalMs = 60_000;

/**
 * Somebody who types the commands of the pages as they stand there, in the folder of a project. What differs here from the
 * pages' world is in `here`: the namespace has another name, and images come from this machine.
 */
export class PageReader {
  readonly typed = new Set<string>();
  readonly pages = readPages();
  readonly #world: World;
  readonly #shell: ProjectShell;
  /** The page's port may be taken here. */
  readonly #port: number;

  private constructor(world: World, shell: ProjectShell, port: number) {
    this.#world = world;
    this.#shell = shell;
    this.#port = port;
  }

  static async at(world: World, project: Project): Promise<PageReader> {
    const { kdev, cluster } = world.ground;
    const more = { KDEV_IMAGE_BASE: nodeBase, COMPOSE_PROJECT_NAME: project.name };
    const shell = await ProjectShell.open(project, { kdev, more });
    const kubeconfig = `--kubeconfig "${world.kubeconfig}"`;
    await shell.addProgram('kubectl', `exec "${cluster.kubectl}" ${kubeconfig} "$@"`);
    return new PageReader(world, shell, await freePort());
  }

  /** A text of a page in this world. */
  here(text: string): string {
    const { namespace } = this.#world;
    return text
      .replace(/\bkdev-agents\b/g, `${namespace}-agents`)
      .replace(/(-n |namespace:? )shop\b/g, `$1${namespace}`)
      .replaceAll('python:3-slim', appImage('python'))
      .replace('node:24 bash', `${nodeBase} bash`)
      .replace('orders:dev', appImage('python'))
      .replace('-p 8080:', `-p 127.0.0.1:${this.#port}:`)
      .replace(
        '--image=curlimages/curl -- curl -s ',
        `--image=${appImage('go')} --image-pull-policy=Never --command -- /app request GET `,
      );
  }

  /** Types a line that stands on a page and must succeed; `answer` is the flag that says yes in its place. */
  async type(line: string, answer = ''): Promise<Ended> {
    return await this.#shell.run(`${this.#find(line)} ${answer}`);
  }

  /** Types a line that leads to a shell, on a terminal; types there too, and leaves it. */
  async typeOnTerminal(line: string, inside: string): Promise<Ended> {
    const running = this.#shell.startOnTerminal(this.#find(line));
    await running.says(/[#$] $/, terminalMs);
    running.type(`${inside}; exit\n`);
    const ended = await running.ended;
    expect([line, ended.code, ended.output]).toEqual([line, 0, ended.output]);
    return ended;
  }

  #find(line: string): string {
    const stands = this.pages.flatMap(typedLines).some(({ text }) => text === line);
    if (!stands) throw new Error(`no page has the line ${line}`);
    this.typed.add(line);
    return this.here(line);
  }

  /** Types a line of the test's own. */
  async run(line: string): Promise<Ended> {
    return await this.#shell.run(line);
  }

  /** The blocks of yaml of one page, or of all. */
  yamlBlocks(name?: string): readonly Block[] {
    return this.pages
      .filter((page) => name === undefined || page.name === name)
      .flatMap((page) => splitBlocks(page).blocks.filter(({ language }) => language === 'yaml'));
  }
}
