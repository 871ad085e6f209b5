import type { SessionEvent } from './control.ts';

type Tell = (event: SessionEvent) => void;

/** Commands in the foreground, which stay until all services have exited. */
export class Attached {
  readonly #waiting = new Map<() => void, Tell>();

  async exit(tell: Tell): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.set(resolve, tell));
  }

  exited(): void {
    for (const resolve of this.#waiting.keys()) resolve();
    this.#waiting.clear();
  }

  tellEnding(why: string | undefined): void {
    for (const tell of this.#waiting.values()) tell({ kind: 'ending', why });
  }
}
