import { FRAME } from '../protocol/frames.ts';
import type { Batch } from './batch.ts';

/** Bytes of one stream that wait for credit and for their turn, uncopied. */
export class SendQueue {
  bytes = 0;
  #chunks: Buffer[] = [];
  #head = 0;
  #offset = 0;

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.bytes += chunk.length;
  }

  /** Puts one DATA frame of `bytes`, which the queue must hold, into the batch. */
  moveTo(batch: Batch, id: number, bytes: number): void {
    batch.putHeader(FRAME.data, id, bytes);
    this.bytes -= bytes;
    let left = bytes;
    while (left > 0) {
      const chunk = this.#chunks[this.#head];
      if (chunk === undefined) return;
      const end = Math.min(chunk.length, this.#offset + left);
      const whole = this.#offset === 0 && end === chunk.length;
      batch.put(whole ? chunk : chunk.subarray(this.#offset, end));
      left -= end - this.#offset;
      if (end === chunk.length) this.#next();
      else this.#offset = end;
    }
  }

  clear(): void {
    this.#chunks = [];
    this.#head = 0;
    this.#offset = 0;
    this.bytes = 0;
  }

  #next(): void {
    this.#offset = 0;
    this.#head += 1;
    if (this.#head === this.#chunks.length || this.#head > 1024) {
      this.#chunks = this.#chunks.slice(this.#head);
      this.#head = 0;
    }
  }
}
