/**
 * A slice that may be kept for long: a copy where it is under a quarter of the memory that it would keep alive. Small slices
 * of large chunks, held by a reader that does not read, can pin five hundred times their size.
 */
export function unpin(slice: Buffer): Buffer {
  return slice.length * 4 < slice.buffer.byteLength ? Buffer.from(slice) : slice;
}
