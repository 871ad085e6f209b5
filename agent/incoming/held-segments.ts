import { advance, distance } from './sequence.ts';

interface Held {
  readonly sequence: number;
  readonly bytes: Buffer;
}

/** Segments of one flow that arrived before the bytes in front of them, in the order of the stream. */
export class HeldSegments {
  #list: Held[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#list.length === 0;
  }

  /** Keeps a copy, unless a segment with the same start and at least its length is held already. */
  hold(sequence: number, payload: Buffer): void {
    let at = this.#list.length;
    while (at > 0 && distance(sequence, this.#list[at - 1]?.sequence ?? 0) < 0) at--;
    const before = this.#list[at - 1];
    if (before?.sequence === sequence && before.bytes.length >= payload.length) return;
    this.#list.splice(at, 0, { sequence, bytes: Buffer.from(payload) });
    this.#bytes += payload.length;
  }

  /** Takes the next bytes at `next`, if they are here; what lies before it is dropped on the way. */
  take(next: number): Buffer | undefined {
    for (;;) {
      const first = this.#list[0];
      if (first === undefined || distance(first.sequence, next) > 0) return undefined;
      this.#list.shift();
      this.#bytes -= first.bytes.length;
      const known = distance(next, first.sequence);
      if (known < first.bytes.length) return first.bytes.subarray(known);
    }
  }

  /** Forgets everything; answers where the held bytes ended, or undefined where nothing was held. */
  clear(): number | undefined {
    const ends = this.#list.map(({ sequence, bytes }) => advance(sequence, bytes.length));
    const last = ends.reduce<number | undefined>(
      (far, end) => (far === undefined || distance(end, far) > 0 ? end : far),
      undefined,
    );
    this.#list = [];
    this.#bytes = 0;
    return last;
  }
}
