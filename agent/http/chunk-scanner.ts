import { parseField } from './head-lines.ts';

const LF = 10;
const CR = 13;
/** A size with its extensions, or one line of the trailer; and the whole trailer. */
const LINE_MAX_BYTES = 8 * 1024;
const TRAILER_MAX_BYTES = 64 * 1024;
/** Thirteen digits are more bytes than a number counts exactly, twelve are fewer. */
const SIZE = /^([0-9A-Fa-f]{1,12})(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

/**
 * Follows a body in chunks (RFC 9112 section 7.1) to its end, through extensions and trailer. As strict as with heads: white space before an
 * extension, bare LF and what is no hexadecimal number are read differently by different servers.
 */
export class ChunkScanner {
  state: 'more' | 'done' | 'unclear' = 'more';
  #expects: 'size' | 'content' | 'content end' | 'trailer' = 'size';
  #left = 0;
  #line: Buffer[] = [];
  #lineBytes = 0;
  #trailerBytes = 0;

  /** How many of these bytes belong to the body, the one that makes it unclear included. Calls back with what they carry. */
  scan(bytes: Buffer, onContent?: (content: Buffer) => void): number {
    let at = 0;
    while (at < bytes.length && this.state === 'more') {
      if (this.#expects !== 'content') {
        at = this.#scanLine(bytes, at);
        continue;
      }
      const end = Math.min(bytes.length, at + this.#left);
      onContent?.(bytes.subarray(at, end));
      this.#left -= end - at;
      at = end;
      if (this.#left === 0) this.#expects = 'content end';
    }
    return at;
  }

  #scanLine(bytes: Buffer, from: number): number {
    const lf = bytes.indexOf(LF, from);
    const to = lf < 0 ? bytes.length : lf + 1;
    this.#line.push(bytes.subarray(from, to));
    this.#lineBytes += to - from;
    if (this.#lineBytes > LINE_MAX_BYTES) this.state = 'unclear';
    else if (lf >= 0) this.#takeLine();
    else if (this.#line.length > 64) this.#line = [Buffer.concat(this.#line)];
    return to;
  }

  #takeLine(): void {
    const whole = this.#line.length === 1 ? this.#line[0] : Buffer.concat(this.#line);
    this.#line = [];
    this.#lineBytes = 0;
    if (whole === undefined || whole[whole.length - 2] !== CR) this.state = 'unclear';
    else this.#take(whole.toString('latin1', 0, whole.length - 2));
  }

  #take(line: string): void {
    if (this.#expects === 'size') this.#takeSize(line);
    else if (this.#expects === 'trailer') this.#takeTrailer(line);
    else if (line === '') this.#expects = 'size';
    else this.state = 'unclear';
  }

  #takeSize(line: string): void {
    const [, digits] = SIZE.exec(line) ?? [];
    if (digits === undefined) {
      this.state = 'unclear';
      return;
    }
    this.#left = Number.parseInt(digits, 16);
    this.#expects = this.#left === 0 ? 'trailer' : 'content';
  }

  #takeTrailer(line: string): void {
    this.#trailerBytes += line.length;
    if (line === '') this.state = 'done';
    else if (parseField(line) === undefined || this.#trailerBytes > TRAILER_MAX_BYTES) {
      this.state = 'unclear';
    }
  }
}
