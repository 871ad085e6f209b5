/** Lets a bounded number of tasks run at once; the others wait in line, and what exceeds the line is refused with EAGAIN. */
export class Gate {
  readonly #places: number;
  readonly #lineMax: number;
  readonly #line: (() => void)[] = [];
  #running = 0;

  constructor(places: number, lineMax: number) {
    this.#places = places;
    this.#lineMax = lineMax;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await task();
    } finally {
      const next = this.#line.shift();
      if (next) next();
      else this.#running--;
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < this.#places) {
      this.#running++;
      return;
    }
    if (this.#line.length >= this.#lineMax) {
      throw Object.assign(new Error('too many at once'), { code: 'EAGAIN' });
    }
    await new Promise<void>((resolve) => {
      this.#line.push(resolve);
    });
  }
}
