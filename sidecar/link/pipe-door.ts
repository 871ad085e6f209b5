import { timingSafeEqual } from 'node:crypto';
import { chmod, mkdir, rm } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { encodePreamble, readPreamble, type SessionKey } from '../../src/protocol/preamble.ts';
import { deadline } from '../../src/runtime/deadline.ts';
import type { Journal } from '../../src/runtime/journal.ts';
import { securePipe } from '../../src/tunnel/secure-pipe.ts';

/** The socket's name in the directory that the session shares with us. */
export const LINK_SOCKET = 'link.sock';

/** From a pipe's first byte to the end of its TLS handshake with the agent. */
const HANDSHAKE_MS = 10_000;
/** Pipes that are not that far yet. */
const STRANGERS_MAX = 8;
const PIPE_HIGH_WATER_BYTES = 64 * 1024;

export interface PipeDoorOptions {
  readonly directory: string;
  readonly journal: Pick<Journal, 'problem'>;
}

/**
 * Where the session hands in its pipes, each of which begins with the session's key and leads to the agent. The first key
 * counts, every later pipe must show the same; then the agent must prove that it holds it. At most one pipe waits and
 * one is in use: a newer one replaces both, because the session only brings a pipe when it has lost the one before.
 *
 * Ways for a pipe to end: refused here, replaced by a newer one, closed by session or agent, given up by the link.
 */
export class PipeDoor {
  readonly #server: net.Server;
  readonly #strangers = new Set<net.Socket>();
  #key: SessionKey | undefined;
  #waiting: Duplex | undefined;
  #inUse: Duplex | undefined;
  #take: ((pipe: Duplex) => void) | undefined;

  private constructor({ journal }: PipeDoorOptions) {
    this.#server = net.createServer({ highWaterMark: PIPE_HIGH_WATER_BYTES }, (pipe) => {
      this.#admit(pipe).catch((error: unknown) => {
        pipe.destroy();
        journal.problem('link', error instanceof Error ? error.message : String(error));
      });
    });
  }

  /** Removes what an earlier sidecar left and listens; everybody who reaches the directory may connect. */
  static async open(options: PipeDoorOptions): Promise<PipeDoor> {
    const path = join(options.directory, LINK_SOCKET);
    await mkdir(options.directory, { recursive: true });
    await rm(path, { force: true });
    const door = new PipeDoor(options);
    await new Promise<void>((resolve, reject) => {
      door.#server.once('error', reject);
      door.#server.listen(path, resolve);
    });
    await chmod(path, 0o666);
    return door;
  }

  /** The secured pipe that waits, or the next one. One caller at a time. Rejects with the signal's reason. */
  next(signal: AbortSignal): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#take = undefined;
        reject(signal.reason);
      };
      if (signal.aborted) {
        abort();
        return;
      }
      signal.addEventListener('abort', abort, { once: true });
      this.#take = (pipe) => {
        this.#take = undefined;
        signal.removeEventListener('abort', abort);
        this.#inUse = pipe;
        resolve(pipe);
      };
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting && !waiting.destroyed) this.#take(waiting);
    });
  }

  /** Stops listening and destroys every pipe. Idempotent. */
  close(): void {
    this.#server.close();
    for (const pipe of [...this.#strangers, this.#waiting, this.#inUse]) pipe?.destroy();
  }

  async #admit(pipe: net.Socket): Promise<void> {
    pipe.on('error', () => undefined); // whoever reads the pipe then sees its end
    if (this.#strangers.size >= STRANGERS_MAX) throw new Error('too many pipes without a key');
    this.#strangers.add(pipe);
    try {
      const signal = deadline(HANDSHAKE_MS);
      const key = await readPreamble(pipe, signal);
      this.#key ??= key;
      if (!isSameKey(key, this.#key)) throw new Error('a pipe with another session’s key');
      this.#offer(await securePipe(pipe, 'sidecar', key, signal));
    } finally {
      this.#strangers.delete(pipe);
    }
  }

  #offer(pipe: Duplex): void {
    pipe.on('error', () => undefined);
    if (this.#take) {
      this.#take(pipe);
      return;
    }
    this.#waiting?.destroy();
    this.#waiting = pipe;
    this.#inUse?.destroy(); // the link misses it and comes for the one that waits
    this.#inUse = undefined;
  }
}

function isSameKey(a: SessionKey, b: SessionKey): boolean {
  return timingSafeEqual(encodePreamble(a), encodePreamble(b));
}
