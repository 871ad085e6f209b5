import { FRAME_HEADER_BYTES, writeFrameHeader } from '../protocol/frames.ts';

/** Up to here a copy into the slab is cheaper than a buffer of its own in the vector of writes. */
const copiedBytes = 4 * 1024;
const slabBytes = 64 * 1024;

/**
 * What one flush hands to the link: small pieces side by side in a slab, large ones as they are. A slab is filled once and
 * never written again, since the link keeps its bytes for replay.
 */
export class Batch {
  frames: Buffer[] = [];
  bytes = 0;
  #slab = Buffer.allocUnsafeSlow(slabBytes);
  #start = 0;
  #end = 0;

  put(piece: Buffer): void {
    this.bytes += piece.length;
    if (piece.length > copiedBytes) {
      this.#cut();
      this.frames.push(piece);
      return;
    }
    this.#reserve(piece.length);
    this.#slab.set(piece, this.#end);
    this.#end += piece.length;
  }

  putHeader(type: number, id: number, payloadBytes: number): void {
    this.#reserve(FRAME_HEADER_BYTES);
    writeFrameHeader(this.#slab, this.#end, { type, id, payloadBytes });
    this.#end += FRAME_HEADER_BYTES;
    this.bytes += FRAME_HEADER_BYTES;
  }

  /** Everything put since the last take(). */
  take(): { frames: Buffer[]; bytes: number } {
    this.#cut();
    const { frames, bytes } = this;
    this.frames = [];
    this.bytes = 0;
    return { frames, bytes };
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= slabBytes) return;
    this.#cut();
    this.#slab = Buffer.allocUnsafeSlow(slabBytes);
    this.#start = 0;
    this.#end = 0;
  }

  #cut(): void {
    if (this.#end === this.#start) return;
    this.frames.push(this.#slab.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}
