/** Types of RFC 9113 section 6 and the flag that matters here. */
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const CONTINUATION = 9;
const ACK = 1;

const PREFACE_BYTES = 24;
const HEADER_BYTES = 9;

/**
 * Of the bytes of an HTTP/2 client those that its requests consist of: preface, settings, headers, data and resets. What is left out
 * answers the other side, or speaks of windows that it opened, and means nothing to who has said nothing: pings, window updates,
 * priorities, farewells, and every acknowledgement of settings but the first, which stands for that of our own.
 *
 * Any chunking; nothing is kept but a frame's header.
 */
export class ClientFrames {
  readonly #pass: (bytes: Buffer) => void;
  /** Bytes that pass, or are left out, before the next header. */
  #left = PREFACE_BYTES;
  #passes = true;
  #header = Buffer.alloc(0);
  #hasAcknowledged = false;

  constructor(pass: (bytes: Buffer) => void) {
    this.#pass = pass;
  }

  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      at +=
        this.#left > 0 ? this.#takeRest(bytes.subarray(at)) : this.#takeHeader(bytes.subarray(at));
    }
  }

  #takeRest(bytes: Buffer): number {
    const taken = bytes.subarray(0, this.#left);
    this.#left -= taken.length;
    if (this.#passes) this.#pass(taken);
    return taken.length;
  }

  #takeHeader(bytes: Buffer): number {
    const taken = bytes.subarray(0, HEADER_BYTES - this.#header.length);
    this.#header = Buffer.concat([this.#header, taken]);
    if (this.#header.length === HEADER_BYTES) {
      const header = this.#header;
      this.#header = Buffer.alloc(0);
      this.#left = header.readUIntBE(0, 3);
      this.#passes = this.#isWanted(header[3] ?? 0, header[4] ?? 0);
      if (this.#passes) this.#pass(header);
    }
    return taken.length;
  }

  #isWanted(type: number, flags: number): boolean {
    if (type === SETTINGS && (flags & ACK) !== 0) {
      const isFirst = !this.#hasAcknowledged;
      this.#hasAcknowledged = true;
      return isFirst;
    }
    return [DATA, HEADERS, RST_STREAM, SETTINGS, CONTINUATION].includes(type);
  }
}
