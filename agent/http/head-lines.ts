/** A field line, its value without the white space around it. Texts are latin1, one character a byte. */
export type Field = readonly [name: string, value: string];

/** What stands before a message's body. */
export interface Head {
  readonly start: string;
  readonly fields: readonly Field[];
}

/** Both sides of kdev hold as much: Go's limit is higher, most others' lower. Larger heads are not framed. */
export const HEAD_MAX_BYTES = 64 * 1024;
/** Each is compared with the filter's headers. */
const FIELDS_MAX = 1000;

const LF = 10;
const CR = 13;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Reads a head line by line as its bytes arrive, up to the empty line (RFC 9112 sections 2 to 5). It is strict: servers differ in what they
 * make of bare LF and CR, folded lines, NUL, or white space around names, so what has them has no clear end.
 */
export class HeadReader {
  state: 'more' | 'done' | 'unclear' = 'more';
  readonly #isStart: (line: string) => boolean;
  #held: Buffer = Buffer.alloc(0);
  #isOwned = false;
  #length = 0;
  #lineAt = 0;
  #start: string | undefined;
  #fields: Field[] = [];

  /** The predicate says whether a line can be the first one. */
  constructor(isStart: (line: string) => boolean) {
    this.#isStart = isStart;
  }

  /** Bytes of the head that were taken so far. */
  get bytes(): Buffer {
    return this.#held.subarray(0, this.#length);
  }

  get head(): Head {
    return { start: this.#start ?? '', fields: this.#fields };
  }

  /** Takes bytes up to the end of the head; answers how many. Where no clear end can come any more, all of them. */
  take(chunk: Buffer): number {
    const before = this.#length;
    this.#append(chunk);
    let searchFrom = before;
    while (this.state === 'more') {
      const at = this.bytes.indexOf(LF, searchFrom);
      if (at < 0) break;
      this.#takeLine(at);
      searchFrom = at + 1;
    }
    if (this.state === 'done') {
      this.#length = this.#lineAt;
      return this.#length - before;
    }
    if (this.#length > HEAD_MAX_BYTES) this.state = 'unclear';
    return chunk.length;
  }

  #takeLine(lf: number): void {
    const line = this.#held.toString('latin1', this.#lineAt, lf - 1);
    const isEnded = lf > this.#lineAt && this.#held[lf - 1] === CR;
    this.#lineAt = lf + 1;
    if (!isEnded || this.#lineAt > HEAD_MAX_BYTES) this.state = 'unclear';
    else if (this.#start === undefined) this.#takeStart(line);
    else if (line === '') this.state = 'done';
    else this.#takeField(line);
  }

  #takeStart(line: string): void {
    this.#start = line;
    if (!this.#isStart(line)) this.state = 'unclear';
  }

  #takeField(line: string): void {
    const field = parseField(line);
    if (field === undefined || this.#fields.length === FIELDS_MAX) this.state = 'unclear';
    else this.#fields.push(field);
  }

  /** A head in one piece is not copied; one in many is copied into room that doubles. */
  #append(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (this.#length === 0) {
      this.#held = chunk;
      this.#isOwned = false;
    } else {
      if (length > this.#held.length || !this.#isOwned) this.#grow(length);
      chunk.copy(this.#held, this.#length);
    }
    this.#length = length;
  }

  #grow(length: number): void {
    const room = Buffer.allocUnsafe(Math.max(1024, 2 * length));
    this.bytes.copy(room);
    this.#held = room;
    this.#isOwned = true;
  }
}

/** Undefined where it is none to the letter. */
export function parseField(line: string): Field | undefined {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  const value = trimBlanks(line.slice(colon + 1));
  return TOKEN.test(name) && VALUE.test(value) ? [name, value] : undefined;
}

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

function trimBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
