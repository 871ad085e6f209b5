/** The same problem is written once in this time, and no more lines of any kind: a failing loop must not flood the log. */
const REPEAT_MS = 5000;
const PROBLEMS_MAX = 50;

export interface JournalOptions {
  readonly write: (line: string) => void;
  /** The wall clock. */
  readonly now: () => Date;
}

/** What the agent says: lines of JSON, `{at, text, …}` for what happens and `{at, name, text}` for what goes wrong. */
export class Journal {
  readonly #options: JournalOptions;
  readonly #written = new Set<string>();
  #sinceMs = 0;
  #unwritten = 0;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  note(text: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#write({ text, ...fields });
  }

  /** `name` says what failed, in words that stay the same. Lines that were left out are counted in the next one. */
  problem(name: string, text: string): void {
    const nowMs = this.#options.now().getTime();
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
    this.#write({ name, text, ...(this.#unwritten > 0 ? { unwritten: this.#unwritten } : {}) });
    this.#unwritten = 0;
  }

  /** The last line of an agent that cannot go on. */
  fatal(code: string, text: string): void {
    this.#write({ fatal: text, code });
  }

  #write(fields: object): void {
    const at = this.#options.now().toISOString();
    this.#options.write(`${JSON.stringify({ at, ...fields })}\n`);
  }
}
