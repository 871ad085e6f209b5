import { Duplex } from 'node:stream';
import type { PipePair } from './pipes.ts';

export interface PathSettings {
  readonly bytesPerMs: number;
  /** One way. */
  readonly delayMs: number;
  /** What the buffers of the path hold before it pushes back, as the buffers of proxies do. */
  readonly bufferBytes: number;
}

/** Two ends of a path with a rate, a delay and deep buffers. */
export function slowPath(settings: PathSettings): PipePair {
  const left = new PathEnd(settings);
  const right = new PathEnd(settings);
  left.other = right;
  right.other = left;
  return [left, right];
}

class PathEnd extends Duplex {
  other: PathEnd | undefined;
  readonly #settings: PathSettings;
  /** When the last queued byte will have left. */
  #freeMs = 0;
  #queue: { readonly dueMs: number; readonly chunk: Buffer }[] = [];
  #queued = 0;
  #timer: NodeJS.Timeout | undefined;
  #blocked: (() => void) | undefined;

  constructor(settings: PathSettings) {
    super({ readableHighWaterMark: 1 << 30 });
    this.#settings = settings;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const now = performance.now();
    this.#freeMs = Math.max(now, this.#freeMs) + chunk.length / this.#settings.bytesPerMs;
    this.#queue.push({ dueMs: this.#freeMs + this.#settings.delayMs, chunk });
    this.#queued += chunk.length;
    this.#schedule();
    if (this.#queued < this.#settings.bufferBytes) done();
    else this.#blocked = done;
  }

  #schedule(): void {
    const first = this.#queue[0];
    if (first === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#deliver(), first.dueMs - performance.now());
  }

  #deliver(): void {
    this.#timer = undefined;
    const now = performance.now();
    while (this.#queue[0] !== undefined && this.#queue[0].dueMs <= now) {
      const { chunk } = this.#queue[0];
      this.#queue.shift();
      this.#queued -= chunk.length;
      if (this.other !== undefined && !this.other.destroyed) this.other.push(chunk);
    }
    const blocked = this.#blocked;
    if (this.#queued < this.#settings.bufferBytes) this.#blocked = undefined;
    if (this.#blocked === undefined) blocked?.();
    this.#schedule();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    done(error);
    const other = this.other;
    if (other !== undefined && !other.destroyed) setImmediate(() => other.destroy());
  }
}
