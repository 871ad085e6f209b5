import { FRAME, FRAME_HEADER_BYTES } from '../protocol/frames.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Batch } from './batch.ts';

interface Datagram {
  readonly flow: number;
  readonly payload: Buffer;
}

/** Datagrams that wait for the link. Newer ones matter more: the oldest make room, and are counted. */
export class DatagramQueue {
  dropped = 0;
  #queue: Datagram[] = [];
  #head = 0;
  #bytes = 0;

  get waiting(): boolean {
    return this.#head < this.#queue.length;
  }

  /** Answers how many were dropped: this one, or older ones for it. */
  push(flow: number, payload: Buffer): number {
    if (payload.length > LIMITS.datagramBytes) {
      this.dropped += 1;
      return 1;
    }
    this.#queue.push({ flow, payload });
    this.#bytes += FRAME_HEADER_BYTES + payload.length;
    const before = this.dropped;
    while (this.#bytes > LIMITS.datagramQueueBytes) {
      this.#shift();
      this.dropped += 1;
    }
    return this.dropped - before;
  }

  fill(batch: Batch, room: number): void {
    while (this.waiting && batch.bytes < room) {
      const datagram = this.#shift();
      if (datagram === undefined) return;
      batch.putHeader(FRAME.datagram, datagram.flow, datagram.payload.length);
      if (datagram.payload.length > 0) batch.put(datagram.payload);
    }
  }

  #shift(): Datagram | undefined {
    const datagram = this.#queue[this.#head];
    if (datagram === undefined) return undefined;
    this.#head += 1;
    this.#bytes -= FRAME_HEADER_BYTES + datagram.payload.length;
    if (this.#head === this.#queue.length || this.#head > 1024) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return datagram;
  }
}
