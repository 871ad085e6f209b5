/** The bytes that the peer has not acknowledged, uncopied, between two offsets of the link's stream. */
export class ReplayBuffer {
  #chunks: Buffer[] = [];
  #head = 0;
  #start = 0;
  #end = 0;

  /** Offset of the first byte kept. */
  get start(): number {
    return this.#start;
  }

  /** Offset behind the last byte. */
  get end(): number {
    return this.#end;
  }

  get bytes(): number {
    return this.#end - this.#start;
  }

  push(frames: readonly Buffer[], bytes: number): void {
    for (const frame of frames) this.#chunks.push(frame);
    this.#end += bytes;
  }

  /** Drops what lies before `offset`, which must be between start and end. */
  trim(offset: number): void {
    while (this.#start < offset) {
      const chunk = this.#chunks[this.#head];
      if (chunk === undefined) break;
      const drop = offset - this.#start;
      if (chunk.length > drop) {
        this.#chunks[this.#head] = chunk.subarray(drop);
        this.#start = offset;
        return;
      }
      this.#chunks[this.#head] = empty;
      this.#head += 1;
      this.#start += chunk.length;
    }
    this.#compact();
  }

  /** Everything kept, in order. */
  contents(): Buffer[] {
    return this.#chunks.slice(this.#head);
  }

  clear(): void {
    this.#chunks = [];
    this.#head = 0;
    this.#start = this.#end;
  }

  /** Forgets the places of dropped chunks once they are the larger part, so that the cost stays constant a chunk. */
  #compact(): void {
    if (this.#head === this.#chunks.length) {
      this.#chunks.length = 0;
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#head);
      this.#head = 0;
    }
  }
}

const empty = Buffer.alloc(0);
