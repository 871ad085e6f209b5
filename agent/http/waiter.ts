/** Lets one caller at a time wait until something has become so. */
export class Waiter {
  #wake: () => void = () => undefined;
  #end: Error | undefined;

  /** What the probe answers, once it does; it is asked anew at each `wake`. Rejects with the reason of `end`. */
  async until<T>(probe: () => T | undefined): Promise<T> {
    for (;;) {
      if (this.#end) throw this.#end;
      const answer = probe();
      if (answer !== undefined) return answer;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Something has changed. */
  wake(): void {
    this.#wake();
  }

  /** Nothing that is waited for will ever be. */
  end(reason: Error): void {
    this.#end ??= reason;
    this.#wake();
  }
}
