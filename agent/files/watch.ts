import { watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoError } from '../../src/protocol/errno.ts';
import type { Api } from '../../src/protocol/messages.ts';
import { resolvePath } from './resolve-path.ts';

/** inotify tells of the tree's own directory only, and of nothing on some file systems. */
const POLL_MS = 2000;
/** A kubelet's swap raises several events: look once behind them. */
const SETTLE_MS = 20;
const WAIT_MAX_MS = 60_000;
const WATCHES_MAX = 256;

/** Holds calls until a tree differs from the version that the caller has. */
export class TreeWatch {
  readonly #root: string;
  readonly #readVersion: (path: string) => Promise<string>;
  #watches = 0;

  constructor(root: string, readVersion: (path: string) => Promise<string>) {
    this.#root = root;
    this.#readVersion = readVersion;
  }

  /** Answers the tree's version: as soon as it differs from `version`, else after `waitMs` (at most a minute) or the abort. */
  async wait(args: Api['files.watch']['args'], signal: AbortSignal): Promise<string> {
    if (this.#watches >= WATCHES_MAX) throw errnoError('EAGAIN', 'too many watches');
    this.#watches++;
    const bell = new Bell();
    const endMs = performance.now() + Math.min(args.waitMs, WAIT_MAX_MS);
    const onAbort = () => bell.ring();
    signal.addEventListener('abort', onAbort);
    const unwatch = await watchDirectory(this.#root, args.path, () => bell.ring());
    try {
      for (;;) {
        const version = await this.#readVersion(args.path);
        const leftMs = endMs - performance.now();
        if (version !== args.version || signal.aborted || leftMs <= 0) return version;
        if (await bell.rings(Math.min(POLL_MS, leftMs))) await sleep(SETTLE_MS);
      }
    } finally {
      unwatch();
      signal.removeEventListener('abort', onAbort);
      this.#watches--;
    }
  }
}

/** Without inotify (no watch left, no such file) there is nothing to stop: polling goes on. */
async function watchDirectory(
  root: string,
  path: string,
  onChange: () => void,
): Promise<() => void> {
  try {
    const { file, close } = await resolvePath(root, path);
    try {
      const watcher = watch(file.path, { persistent: false }, onChange);
      watcher.on('error', () => watcher.close());
      return () => watcher.close();
    } finally {
      await close();
    }
  } catch {
    return () => {};
  }
}

/** Remembers one ring until somebody waits for it. */
class Bell {
  #hasRung = false;
  #wake: () => void = () => {};

  ring(): void {
    this.#hasRung = true;
    this.#wake();
  }

  /** Whether it rang, before or within the time. */
  async rings(withinMs: number): Promise<boolean> {
    if (!this.#hasRung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const hasRung = this.#hasRung;
    this.#hasRung = false;
    return hasRung;
  }
}
