/** The same problem is written once in this time, and no more lines of any kind: a failing loop must not flood the log. */
const REPEAT_MS = 5_000;
const PROBLEMS_MAX = 50;

/** `at` as ISO 8601. */
export interface LastError {
  readonly name: string;
  readonly text: string;
  readonly at: string;
}

export interface JournalOptions {
  readonly write: (line: string) => void;
  /** The wall clock, for the reader alone. */
  readonly now: () => Date;
  /** Milliseconds that only grow. */
  readonly monotonicMs: () => number;
}

/**
 * What a program in a container says: lines of JSON, `{at, text, …}` for what happens, `{at, name, text}` for what goes wrong. It keeps the
 * last error for status.
 */
export class Journal {
  readonly #options: JournalOptions;
  /** What was written since `#sinceMs`. */
  readonly #written = new Set<string>();
  #sinceMs = Number.NEGATIVE_INFINITY;
  #unwritten = 0;
  /** Of each name, the latest last. */
  readonly #lastErrors = new Map<string, LastError>();

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  get lastError(): LastError | undefined {
    return [...this.#lastErrors.values()].at(-1);
  }

  note(text: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#write({ at: this.#options.now().toISOString(), text, ...fields });
  }

  /** `name` says what failed, in words that stay the same. Lines that were left out are counted in the next one. */
  problem(name: string, text: string): void {
    const at = this.#options.now().toISOString();
    const nowMs = this.#options.monotonicMs();
    this.#lastErrors.delete(name);
    this.#lastErrors.set(name, { name, text, at });
    if (nowMs - this.#sinceMs >= REPEAT_MS) {
      this.#sinceMs = nowMs;
      this.#written.clear();
    }
    const key = `${name}\n${text}`;
    if (this.#written.has(key) || this.#written.size >= PROBLEMS_MAX) {
      this.#unwritten++;
      return;
    }
    this.#written.add(key);
    const unwritten = this.#unwritten;
    this.#unwritten = 0;
    this.#write({ at, name, text, ...(unwritten > 0 ? { unwritten } : {}) });
  }

  /** What failed by this name works again: it is no error of now any more. */
  over(name: string): void {
    this.#lastErrors.delete(name);
  }

  /** The last line of a program that cannot go on. */
  fatal(code: string, text: string): void {
    this.#write({ at: this.#options.now().toISOString(), fatal: text, code });
  }

  #write(line: object): void {
    this.#options.write(`${JSON.stringify(line)}\n`);
  }
}
