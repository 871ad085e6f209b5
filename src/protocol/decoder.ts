import { violation } from './errno.ts';

/** How the units of one layer look: `u8 type | u24 length`, then a `u32 id` where the header has 8 bytes. */
export interface Framing {
  readonly headerBytes: 4 | 8;
  /** The type whose payload is passed on in pieces, as it arrives. */
  readonly passedType: number;
  /** The most that a payload of this type may hold; undefined refuses the type. */
  maxPayload(type: number): number | undefined;
}

export interface DecoderSink {
  /** A whole unit of any type but the passed one. The payload is a slice of a chunk. */
  unit(type: number, id: number, payload: Buffer): void;
  /** A piece of the payload of the passed type, uncopied. */
  piece(id: number, piece: Buffer): void;
}

const empty = Buffer.alloc(0);

/**
 * Bytes in, units out, whatever the chunking; synchronous. Throws an error with `code` EPROTO on a type or a length that
 * the framing refuses, after which it must not be used again.
 */
export class Decoder {
  readonly #framing: Framing;
  readonly #sink: DecoderSink;
  readonly #header: Buffer;
  #headerFilled = 0;
  #type = 0;
  #id = 0;
  #passing = 0;
  #gathering: Buffer = empty;
  #gathered = 0;

  constructor(framing: Framing, sink: DecoderSink) {
    this.#framing = framing;
    this.#sink = sink;
    this.#header = Buffer.alloc(framing.headerBytes);
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#passing > 0) at = this.#pass(chunk, at);
      else if (this.#gathering.length > 0) at = this.#gather(chunk, at);
      else at = this.#readHeader(chunk, at);
    }
  }

  #pass(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#passing);
    this.#passing -= end - at;
    this.#sink.piece(this.#id, chunk.subarray(at, end));
    return end;
  }

  /** Collects a payload that is split over chunks. */
  #gather(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#gathering.length - this.#gathered);
    this.#gathered += chunk.copy(this.#gathering, this.#gathered, at, end);
    if (this.#gathered === this.#gathering.length) {
      const payload = this.#gathering;
      this.#gathering = empty;
      this.#sink.unit(this.#type, this.#id, payload);
    }
    return end;
  }

  #readHeader(chunk: Buffer, at: number): number {
    const size = this.#header.length;
    if (this.#headerFilled === 0 && chunk.length - at >= size) {
      return this.#begin(chunk, at, chunk, at + size);
    }
    const end = Math.min(chunk.length, at + size - this.#headerFilled);
    this.#headerFilled += chunk.copy(this.#header, this.#headerFilled, at, end);
    if (this.#headerFilled < size) return end;
    this.#headerFilled = 0;
    return this.#begin(this.#header, 0, chunk, end);
  }

  /** A header is complete; `at` is where its payload starts in `chunk`. */
  #begin(header: Buffer, headerAt: number, chunk: Buffer, at: number): number {
    const type = header.readUInt8(headerAt);
    const length = header.readUIntBE(headerAt + 1, 3);
    const id = this.#header.length === 8 ? header.readUInt32BE(headerAt + 4) : 0;
    const most = this.#framing.maxPayload(type);
    if (most === undefined) throw violation(`an unknown type ${type}`);
    if (length > most) {
      throw violation(`${length} bytes in type ${type}, the limit is ${most}`);
    }
    if (type === this.#framing.passedType) {
      this.#id = id;
      this.#passing = length;
      return at;
    }
    if (chunk.length - at >= length) {
      this.#sink.unit(type, id, length === 0 ? empty : chunk.subarray(at, at + length));
      return at + length;
    }
    this.#type = type;
    this.#id = id;
    this.#gathering = Buffer.allocUnsafeSlow(length);
    this.#gathered = 0;
    return at;
  }
}
