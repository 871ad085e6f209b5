import type { Link } from '../../src/tunnel/link.ts';
import { Mux } from '../../src/tunnel/mux.ts';

/** How long the target's users wait for a link that is away, before the target serves them again. */
export const LINK_PATIENCE_MS = 1000;

export interface SidecarLinkOptions {
  /** A sidecar has come; set up what its mux serves. */
  readonly onMux: (mux: Mux) => void;
  /** The link works, for the first time or again after `awayMs`. */
  readonly onUp: (awayMs: number) => void;
  /** It has been away for LINK_PATIENCE_MS, or is closed. */
  readonly onLost: () => void;
  /** It is over: what the sidecar asked for is void. A new sidecar may come. */
  readonly onClosed: (why: Error | undefined) => void;
}

/**
 * The link to the one sidecar. A newer sidecar's link replaces an older one's, which will not come back.
 *
 * States: none → up ⇄ away (for up to a second, then lost) → none.
 */
export class SidecarLink {
  readonly #options: SidecarLinkOptions;
  readonly #waiters = new Set<(mux: Mux | undefined) => void>();
  #mux: Mux | undefined;
  #isUp = false;
  #downSinceMs = performance.now();
  #patience: NodeJS.Timeout | undefined;

  constructor(options: SidecarLinkOptions) {
    this.#options = options;
  }

  /** The mux of the present link, which may be resuming. */
  get mux(): Mux | undefined {
    return this.#mux;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Called by the acceptor for each new link, before its first byte. */
  take(link: Link): void {
    const former = this.#mux;
    if (former) {
      this.#closed(former, undefined);
      former.close('another sidecar has come').catch(() => undefined);
    }
    const mux = new Mux(link, { side: 'agent' });
    this.#mux = mux;
    link.onState = (state) => {
      if (this.#mux !== mux) return;
      if (state === 'up') this.#up(mux);
      else if (state === 'resuming') this.#away();
    };
    mux.closed.then(
      (why) => this.#closed(mux, why),
      () => undefined,
    );
    this.#options.onMux(mux);
  }

  /** The mux, once the link is up; undefined where it is not within the second that the target's users wait. */
  whenUp(): Promise<Mux | undefined> {
    if (this.#isUp) return Promise.resolve(this.#mux);
    if (this.#patience === undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiters.add(resolve);
    });
  }

  /** Nobody waits for a link that is away any more. */
  giveUp(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#wake(undefined);
  }

  async close(reason: string): Promise<void> {
    await this.#mux?.close(reason);
  }

  #up(mux: Mux): void {
    if (this.#isUp) return;
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#isUp = true;
    this.#wake(mux);
    this.#options.onUp(performance.now() - this.#downSinceMs);
  }

  #away(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#downSinceMs = performance.now();
    this.#patience = setTimeout(() => this.#lose(), LINK_PATIENCE_MS);
  }

  #lose(): void {
    this.giveUp();
    this.#options.onLost();
  }

  #closed(mux: Mux, why: Error | undefined): void {
    if (this.#mux !== mux) return;
    this.#away();
    this.#mux = undefined;
    this.#lose();
    this.#options.onClosed(why);
  }

  #wake(mux: Mux | undefined): void {
    for (const wake of [...this.#waiters]) wake(mux);
    this.#waiters.clear();
  }
}
