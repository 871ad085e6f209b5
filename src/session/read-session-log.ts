import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const lookMs = 200;
const pieceBytes = 256 * 1024;

export interface HowToReadLog {
  /** Until the signal. */
  readonly isFollowed: boolean;
  /** Lines from the end of what is there at first; undefined: all. */
  readonly tail: number | undefined;
  readonly signal: AbortSignal;
}

/** The bytes of a session's log as they come. A log that was begun anew is read from its start. */
export async function* readSessionLog(
  path: string,
  { isFollowed, tail, signal }: HowToReadLog,
): AsyncGenerator<Buffer> {
  let at = tail === undefined ? 0 : startOfLast(path, tail);
  do {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size < at) at = 0;
    for (let piece = readPiece(path, at); piece.length > 0; piece = readPiece(path, at)) {
      at += piece.length;
      yield piece;
    }
    if (isFollowed) await delay(lookMs, undefined, { signal }).catch(() => undefined);
  } while (isFollowed && !signal.aborted);
}

/** Where the last lines begin. The log is begun anew before it is large. */
function startOfLast(path: string, lines: number): number {
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  let start = bytes.length;
  for (let left = lines; left > 0 && start > 0; left--) {
    // The end of the line before the one that ends just before `start`.
    start = bytes.subarray(0, start - 1).lastIndexOf(10) + 1;
  }
  return start;
}

function readPiece(path: string, at: number): Buffer {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return Buffer.alloc(0);
    throw error;
  }
  try {
    const piece = Buffer.alloc(pieceBytes);
    return piece.subarray(0, readSync(file, piece, 0, pieceBytes, at));
  } finally {
    closeSync(file);
  }
}
