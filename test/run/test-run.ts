import { randomBytes } from 'node:crypto';
import { buildNodeImage } from '../cluster/node-image.ts';
import { buildAppImages } from '../fixtures/app-images.ts';
import { buildBaseImage } from '../fixtures/base-image.ts';
import { line } from './checks.ts';
import { type DockerDaemon, ensureDocker } from './docker-daemon.ts';
import {
  findLeftovers,
  type Inventory,
  runVariable,
  takeInventory,
  unmountNamespaces,
} from './inventory.ts';
import { testNeeds } from './needs.ts';
import { type Count, type RingOptions, runRing } from './rings.ts';
import { setUp } from './set-up.ts';
import { elapsed, tell } from './steps.ts';

type RingName = 'fuzz' | 'tunnel' | 'network' | 'files' | 'e2e';

/** One run of some rings: brings up what they need, counts, takes everything down, and looks for what was left. */
export class TestRun {
  readonly #id = randomBytes(6).toString('hex');
  readonly #startedAt = Date.now();
  readonly #counts: Count[] = [];
  readonly #interrupt = new AbortController();
  /** Why the rings that need the machine's help cannot run. */
  #obstacle: string | undefined;

  /** Does `work` with the machine made ready and, at the end, as it was. */
  async within(work: () => Promise<void>): Promise<void> {
    const interrupt = () => this.#interrupt.abort();
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    const ground = await this.#makeReady();
    try {
      await work();
    } finally {
      if (ground) await this.#takeDown(ground);
    }
  }

  add(...counts: readonly Count[]): void {
    this.#counts.push(...counts);
  }

  /** Runs one ring. One that cannot run says why, and fails. */
  async ring(name: RingName, options: Pick<RingOptions, 'filter'> = {}): Promise<void> {
    if (this.#interrupt.signal.aborted) return;
    const startedAt = Date.now();
    tell(`\n${name}`);
    const count = await this.#runRing(name, options);
    tell(line(count, elapsed(startedAt)));
    this.add(count);
  }

  /** The summary, with the count of all as the last line, and the exit code. */
  finish(): void {
    const passed = this.#counts.reduce((sum, count) => sum + count.passed, 0);
    const failed = this.#counts.reduce((sum, count) => sum + count.failed, 0);
    const bad = this.#counts.filter((count) => count.failed > 0);
    tell(`\n${elapsed(this.#startedAt)}`);
    if (this.#interrupt.signal.aborted) tell('interrupted: not every ring has run');
    for (const count of bad) tell(`${count.part}: ${count.failed} failed`);
    process.stdout.write(`${passed} passed, ${failed} failed\n`);
    process.exitCode = this.#interrupt.signal.aborted ? 130 : failed === 0 ? 0 : 1;
  }

  async #runRing(name: RingName, options: Pick<RingOptions, 'filter'>): Promise<Count> {
    try {
      if (name !== 'tunnel' && name !== 'fuzz') await this.#bringUp(name);
      const env = { [runVariable]: this.#id };
      return await runRing(name, { ...options, env, signal: this.#interrupt.signal });
    } catch (error) {
      return { part: name, passed: 0, failed: 1, why: `it cannot run: ${words(error)}` };
    }
  }

  async #bringUp(name: RingName): Promise<void> {
    if (this.#obstacle !== undefined) throw new Error(this.#obstacle);
    if (name !== 'e2e' && process.getuid?.() !== 0) {
      throw new Error('it makes network namespaces and mounts: run it as root');
    }
    await buildBaseImage();
    if (name !== 'e2e') return;
    await buildNodeImage();
    await buildAppImages();
  }

  async #makeReady(): Promise<Ground | undefined> {
    try {
      await setUp(testNeeds);
      const docker = await ensureDocker();
      return { docker, before: await takeInventory(this.#id) };
    } catch (error) {
      this.#obstacle = words(error);
      tell(this.#obstacle);
      return undefined;
    }
  }

  async #takeDown({ docker, before }: Ground): Promise<void> {
    const startedAt = Date.now();
    await unmountNamespaces(before);
    const left = await findLeftovers(before, this.#id);
    await docker.stop();
    const clean = { part: 'nothing left behind', passed: 1, failed: 0 };
    const count =
      left.length === 0 ? clean : { ...clean, passed: 0, failed: 1, why: left.join('\n') };
    tell(`\n${line(count, elapsed(startedAt))}`);
    this.add(count);
  }
}

interface Ground {
  readonly docker: DockerDaemon;
  readonly before: Inventory;
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
