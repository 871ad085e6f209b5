/** Arithmetic on TCP sequence numbers, modulo 2^32 (RFC 9293 section 3.4). */

/** How far `a` lies behind `b` in the stream; negative where it lies before. True for distances under 2 GiB. */
export function distance(a: number, b: number): number {
  return (a - b) | 0;
}

export function advance(sequence: number, bytes: number): number {
  return (sequence + bytes) >>> 0;
}
