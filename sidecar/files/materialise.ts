import { setTimeout as delay } from 'node:timers/promises';
import { type Tree, writeTree } from './write-tree.ts';

/** How long the agent may hold a watch before it answers that nothing changed. */
const WATCH_MS = 25_000;
/** Pause after a failure: the link is down, or the agent was replaced. */
const RETRY_MS = 1000;

/** The agent's side of a materialised tree. Every failure is an Error whose `code` is an errno name. */
export interface TreeSource {
  read(path: string, signal: AbortSignal): Promise<Tree & { readonly version: string }>;
  /** Resolves with the tree's version once it differs from `version`, or with the same after `waitMs`. */
  watch(
    path: string,
    version: string,
    options: { waitMs: number; signal: AbortSignal },
  ): Promise<string>;
}

/**
 * Keeps `target` equal to the tree at `path` in the target's container until `signal` aborts. Resolves once the first
 * version is in place; while the source cannot be asked, the last one stays.
 */
export async function materialise(
  source: TreeSource,
  options: { path: string; target: string; signal: AbortSignal; report: (text: string) => void },
): Promise<{ readonly done: Promise<void> }> {
  const { path, target, signal } = options;
  const first = await source.read(path, signal);
  await writeTree(target, first);
  return { done: follow(first.version) };

  async function follow(start: string): Promise<void> {
    let version = start;
    while (!signal.aborted)
      version = await next(version).catch((error) => complain(error, version));
  }

  async function next(version: string): Promise<string> {
    const seen = await source.watch(path, version, { waitMs: WATCH_MS, signal });
    if (seen === version) return version;
    const tree = await source.read(path, signal);
    await writeTree(target, tree);
    return tree.version;
  }

  async function complain(error: unknown, version: string): Promise<string> {
    if (signal.aborted) return version;
    options.report(
      `${path}: ${error instanceof Error ? error.message : error}; its last version stays`,
    );
    await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    return version;
  }
}
