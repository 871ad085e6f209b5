import type { ControlHandlers } from './control-server.ts';

/**
 * `kdev compose down` takes the containers away by Compose. Who has begun it and is gone before it is done leaves the rest to
 * the session, so that nothing stays which was to go.
 */
export class Departure {
  readonly outcome: Promise<'done' | 'abandoned'>;
  #resolve: (outcome: 'done' | 'abandoned') => void = () => undefined;

  constructor() {
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Looks on at what commands say of the end, which is `end`'s to bring about. */
  handlers(end: ControlHandlers['end']): Pick<ControlHandlers, 'end' | 'gone'> {
    return {
      end: (asked, caller) => {
        if (asked.containers === 'down') this.#begin(caller.gone);
        return end(asked, caller);
      },
      gone: () => {
        this.#resolve('done');
        return Promise.resolve({});
      },
    };
  }

  #begin(gone: AbortSignal): void {
    const abandon = () => this.#resolve('abandoned');
    if (gone.aborted) abandon();
    else gone.addEventListener('abort', abandon, { once: true });
  }
}
