/** Calls `onOver` once when there has been no link for a while, counted from now on. */
export class Linger {
  readonly #lingerMs: number;
  readonly #onOver: () => void;
  readonly #links = new Set<unknown>();
  #timer: NodeJS.Timeout | undefined;

  constructor(lingerMs: number, onOver: () => void) {
    this.#lingerMs = lingerMs;
    this.#onOver = onOver;
    this.#wait();
  }

  /** A link, whosever, works. */
  up(link: unknown): void {
    this.#links.add(link);
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** It is away or over. Idempotent. */
  down(link: unknown): void {
    if (this.#links.delete(link) && this.#links.size === 0) this.#wait();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#timer = setTimeout(this.#onOver, this.#lingerMs);
  }
}
