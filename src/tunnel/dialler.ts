import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { errnoError } from '../protocol/errno.ts';
import {
  decodeLinkWelcome,
  encodeLinkHello,
  LINK_WELCOME_BYTES,
  WELCOME,
} from '../protocol/records.ts';
import { readExactly } from '../runtime/read-exactly.ts';
import type { LinkOptions } from './link-options.ts';
import type { Resumable } from './resumable.ts';

export type Dial = (signal: AbortSignal) => Promise<Duplex>;

const firstRetryMs = 50;
const lastRetryMs = 5_000;
const firstResumeMs = 2_000;

/**
 * Finds the next pipe of a caller's link for as long as the link lives. It waits about a tenth of the outage between
 * attempts: a path that comes back after 5 s is found within half a second, one that is gone for minutes costs nothing.
 * An attempt of a link that was up before has 2 s at first and then twice as long each time: a path that swallows
 * everything would else hold the attempt until long after it is whole again.
 */
export class Dialler {
  readonly #link: Resumable;
  readonly #dial: Dial;
  readonly #options: LinkOptions;
  readonly #id = randomBytes(16).toString('hex');
  readonly #ended = new AbortController();
  #epoch = 0;
  #welcomed = false;
  #running = false;

  constructor(link: Resumable, dial: Dial, options: LinkOptions) {
    this.#link = link;
    this.#dial = dial;
    this.#options = options;
    link.onDetached = () => this.start();
  }

  start(): void {
    if (this.#link.state === 'closed')
      this.#ended.abort(errnoError('ECANCELED', 'the link closed'));
    if (this.#running || this.#link.state !== 'resuming') return;
    this.#running = true;
    void this.#run().finally(() => {
      this.#running = false;
      // Lost again between the attempt's success and here.
      if (this.#link.state === 'resuming') this.start();
    });
  }

  async #run(): Promise<void> {
    const { clock, handshakeMs } = this.#options;
    const since = clock.monotonicMs();
    let attemptMs = this.#welcomed ? Math.min(firstResumeMs, handshakeMs) : handshakeMs;
    while (this.#link.state === 'resuming') {
      const started = clock.monotonicMs();
      const failure = await this.#attempt(attemptMs);
      if (failure === undefined) return;
      this.#link.stillResuming(failure);
      attemptMs = Math.min(attemptMs * 2, handshakeMs);
      const outage = clock.monotonicMs() - since;
      const wait = Math.min(lastRetryMs, Math.max(firstRetryMs, outage / 10));
      await this.#pause(wait * (0.5 + Math.random() / 2) - (clock.monotonicMs() - started));
    }
  }

  /** One dial and greeting; the failure, or undefined where the link is up or has ended. */
  async #attempt(attemptMs: number): Promise<Error | undefined> {
    const late = new AbortController();
    const timer = this.#options.clock.after(attemptMs, () =>
      late.abort(errnoError('ETIMEDOUT', `no pipe within ${Math.round(attemptMs)} ms`)),
    );
    const signal = AbortSignal.any([late.signal, this.#ended.signal]);
    try {
      await this.#greet(await untilAborted(this.#dial(signal), signal), signal);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      timer.cancel();
    }
  }

  async #greet(pipe: Duplex, signal: AbortSignal): Promise<void> {
    pipe.on('error', () => {});
    try {
      this.#epoch += 1;
      pipe.write(
        encodeLinkHello({
          link: this.#id,
          epoch: this.#epoch,
          resume: this.#welcomed,
          received: this.#link.received,
        }),
      );
      const awaited = 'the welcome of the link';
      const bytes = await readExactly(pipe, LINK_WELCOME_BYTES, { awaited, signal });
      this.#take(pipe, decodeLinkWelcome(bytes));
    } catch (error) {
      pipe.destroy();
      throw error;
    }
  }

  #take(pipe: Duplex, welcome: { status: number; received: number }): void {
    const { status, received } = welcome;
    if (this.#link.state === 'closed') pipe.destroy();
    else if (status === WELCOME.ok) {
      this.#welcomed = true;
      this.#link.attach(pipe, received);
    } else if (status === WELCOME.closed) this.#refused(pipe, undefined);
    else if (status === WELCOME.gone) {
      this.#refused(pipe, errnoError('ESTALE', 'the agent does not know this link any more'));
    } else if (status === WELCOME.busy) throw errnoError('EBUSY', 'the agent has too many links');
    else throw errnoError('EAGAIN', 'the agent had a newer pipe of this link');
  }

  #refused(pipe: Duplex, why: Error | undefined): void {
    pipe.destroy();
    this.#link.end(why);
  }

  #pause(ms: number): Promise<void> {
    if (ms <= 0 || this.#ended.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        timer.cancel();
        this.#ended.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = this.#options.clock.after(ms, done);
      this.#ended.signal.addEventListener('abort', done, { once: true });
    });
  }
}

/** Does not wait for a dial that ignores its signal, and throws away the pipe that it gives too late. */
function untilAborted(dialled: Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    dialled.then(
      (pipe) => {
        signal.removeEventListener('abort', abort);
        if (signal.aborted) pipe.on('error', () => {}).destroy();
        else resolve(pipe);
      },
      (error) => {
        signal.removeEventListener('abort', abort);
        reject(error);
      },
    );
  });
}
