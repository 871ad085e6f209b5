/** What is kept at most: a service that prints so much is not kept waiting any longer. */
const mostBytes = 256 * 1024;

/** What the services print, until it is told what they are in the cluster by now. */
export class HeldOutput {
  /** Something is held. */
  readonly began: Promise<void>;
  /** More is held than should be. */
  readonly full: Promise<void>;
  #begin: () => void = () => undefined;
  #hasBegun = false;
  #fill: () => void = () => undefined;
  #held: (() => void)[] | undefined = [];
  #bytes = 0;

  constructor() {
    this.began = new Promise((resolve) => {
      this.#begin = () => {
        this.#hasBegun = true;
        resolve();
      };
    });
    this.full = new Promise((resolve) => {
      this.#fill = resolve;
    });
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Prints it now, or when all that is held is released. */
  show(text: string | Buffer, print: () => void): void {
    if (this.#held === undefined) {
      print();
      return;
    }
    this.#held.push(print);
    this.#bytes += Buffer.byteLength(text);
    this.#begin();
    if (this.#bytes > mostBytes) this.#fill();
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const print of held) print();
  }
}
