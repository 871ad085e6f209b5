import { timingSafeEqual } from 'node:crypto';
import { chmod, mkdir, rm } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { encodePreamble, readPreamble, type SessionKey } from '../../src/protocol/preamble.ts';
import type { Journal } from '../status/journal.ts';

/** The socket's name in the directory that the session shares with us. */
export const LINK_SOCKET = 'link.sock';

const PREAMBLE_MS = 10_000;
/** Pipes that have not shown their key yet. */
const STRANGERS_MAX = 8;
const PIPE_HIGH_WATER_BYTES = 64 * 1024;

export interface KeyedPipe {
  readonly pipe: net.Socket;
  readonly key: SessionKey;
}

export interface PipeDoorOptions {
  readonly directory: string;
  readonly journal: Pick<Journal, 'problem'>;
}

/**
 * Where the session hands in its pipes, each of which begins with the session's key. The first key counts, every later
 * pipe must show the same. At most one pipe waits and one is in use: a newer one replaces both, because the session only
 * brings a pipe when it has lost the one before. Every pipe leads to TLS with the agent by that key.
 *
 * Ways for a pipe to end: replaced by a newer one, closed by the session, given up by the link, refused here.
 */
export class PipeDoor {
  readonly #server: net.Server;
  readonly #strangers = new Set<net.Socket>();
  #key: SessionKey | undefined;
  #waiting: KeyedPipe | undefined;
  #inUse: net.Socket | undefined;
  #take: ((keyed: KeyedPipe) => void) | undefined;

  private constructor(options: PipeDoorOptions) {
    this.#server = net.createServer({ highWaterMark: PIPE_HIGH_WATER_BYTES }, (pipe) => {
      this.#admit(pipe).catch((error: unknown) => {
        pipe.destroy();
        options.journal.problem('link', error instanceof Error ? error.message : String(error));
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

  /** The pipe that waits, or the next one. One caller at a time. Rejects with the signal's reason. */
  next(signal: AbortSignal): Promise<KeyedPipe> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = () => {
        this.#take = undefined;
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#take = (keyed) => {
        this.#take = undefined;
        signal.removeEventListener('abort', abort);
        this.#inUse = keyed.pipe;
        resolve(keyed);
      };
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting && !waiting.pipe.destroyed) this.#take(waiting);
    });
  }

  /** Stops listening and destroys every pipe. Idempotent. */
  close(): void {
    this.#server.close();
    for (const pipe of [...this.#strangers, this.#waiting?.pipe, this.#inUse]) pipe?.destroy();
  }

  async #admit(pipe: net.Socket): Promise<void> {
    pipe.on('error', () => undefined); // whoever reads the pipe then sees its end
    if (this.#strangers.size >= STRANGERS_MAX) throw new Error('too many pipes without a key');
    this.#strangers.add(pipe);
    try {
      const key = await readPreamble(pipe, AbortSignal.timeout(PREAMBLE_MS));
      this.#key ??= key;
      if (!isSameKey(key, this.#key)) throw new Error('a pipe with another session’s key');
      this.#offer({ pipe, key: this.#key });
    } finally {
      this.#strangers.delete(pipe);
    }
  }

  #offer(keyed: KeyedPipe): void {
    if (this.#take) {
      this.#take(keyed);
      return;
    }
    this.#waiting?.pipe.destroy();
    this.#waiting = keyed;
    this.#inUse?.destroy(); // the link misses it and comes for the one that waits
    this.#inUse = undefined;
  }
}

function isSameKey(a: SessionKey, b: SessionKey): boolean {
  return timingSafeEqual(encodePreamble(a), encodePreamble(b));
}
