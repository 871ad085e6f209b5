import type { Duplex } from 'node:stream';
import { errnoError } from '../protocol/errno.ts';
import { LIMITS } from '../protocol/limits.ts';
import {
  decodeLinkHello,
  encodeLinkWelcome,
  LINK_HELLO_BYTES,
  type LinkHello,
  WELCOME,
} from '../protocol/records.ts';
import { readExactly } from '../runtime/read-exactly.ts';
import { type Dial, Dialler } from './dialler.ts';
import { acceptorOptions, callerOptions, type LinkOptions as Options } from './link-options.ts';
import { Resumable } from './resumable.ts';

export type LinkState = 'up' | 'resuming' | 'closed';
export type LinkOptions = Options;

/**
 * A byte stream between one caller and one agent that survives its pipes. It starts as `resuming`, and is `closed` for
 * good after close(), after the peer's, when the agent does not know it any more (`why.code` is ESTALE), or when no pipe
 * came within giveUpMs (ETIMEDOUT).
 */
export interface Link {
  readonly state: LinkState;
  readonly rttMs: number;
  /** How often a pipe was lost. */
  readonly resumed: number;
  /** Hands over frames in order; never blocks. Their bytes must not change afterwards: they are kept for replay. */
  send(frames: readonly Buffer[], bytes: number): void;
  /** Bytes that bulk may hand over now. */
  budget(): number;
  /** Bytes that urgent frames may hand over now, which bulk's cap does not bind. */
  room(): number;
  /** The mux's: budget or room may have grown. */
  onBudget: () => void;
  /** The mux's: bytes arrived. */
  onData: (chunk: Buffer) => void;
  /** The mux's: the link is closed; `why` is undefined where either side closed it properly. */
  onEnd: (why: Error | undefined) => void;
  /** The owner's. `resuming` is repeated with a new `why` at every failed attempt. */
  onState: (state: LinkState, why?: Error) => void;
  /** Says so to the peer, waits until it has every byte (in the background, with a deadline), and closes. Idempotent. */
  close(): void;
  /** Ends at once because the peer broke the protocol, telling it why. */
  abort(error: Error): void;
}

/** The caller's side. `dial` gives a fresh, secured pipe each time; its signal is aborted at its deadline and by the end. */
export function connectLink(dial: Dial, options: Partial<LinkOptions> = {}): Link {
  const all = { ...callerOptions, ...options };
  const link = new Resumable(all);
  const dialler = new Dialler(link, dial, all);
  // The owner attaches its mux first.
  process.nextTick(() => dialler.start());
  return link;
}

interface Known {
  readonly link: Resumable;
  epoch: number;
}

/** The agent's side: give it every secured pipe of one role. `onLink` sees a link before its first byte: attach the Mux in it. */
export class LinkAcceptor {
  readonly #onLink: (link: Link) => void;
  readonly #options: LinkOptions;
  readonly #known = new Map<string, Known>();
  /** TIME_WAIT: links that were closed properly, whose caller may not have heard it. The oldest are forgotten. */
  readonly #closed = new Set<string>();

  constructor(onLink: (link: Link) => void, options: Partial<LinkOptions> = {}) {
    this.#onLink = onLink;
    this.#options = { ...acceptorOptions, ...options };
  }

  accept(pipe: Duplex): void {
    pipe.on('error', () => {});
    this.#greet(pipe).catch(() => pipe.destroy());
  }

  /** Closes every link. */
  close(): void {
    for (const { link } of this.#known.values()) link.close();
  }

  async #greet(pipe: Duplex): Promise<void> {
    const late = new AbortController();
    const timer = this.#options.clock.after(this.#options.handshakeMs, () =>
      late.abort(errnoError('ETIMEDOUT', 'no HELLO in time')),
    );
    try {
      const reading = { awaited: 'the hello of the link', signal: late.signal };
      this.#welcome(pipe, decodeLinkHello(await readExactly(pipe, LINK_HELLO_BYTES, reading)));
    } finally {
      timer.cancel();
    }
  }

  #welcome(pipe: Duplex, hello: LinkHello): void {
    const known = this.#judge(hello);
    if (typeof known === 'number') {
      pipe.end(encodeLinkWelcome({ status: known, received: 0 }));
      return;
    }
    known.epoch = hello.epoch;
    // The old pipe must not deliver anything after our offset is told.
    known.link.release();
    pipe.write(encodeLinkWelcome({ status: WELCOME.ok, received: known.link.received }));
    known.link.attach(pipe, hello.received);
  }

  /** The link that this pipe is for, or why there is none. */
  #judge(hello: LinkHello): Known | number {
    if (this.#closed.has(hello.link)) return WELCOME.closed;
    const known = this.#known.get(hello.link) ?? this.#begin(hello);
    if (typeof known === 'number' || hello.epoch > known.epoch) return known;
    return WELCOME.stale;
  }

  #begin(hello: LinkHello): Known | number {
    if (hello.resume) return WELCOME.gone;
    if (this.#known.size >= LIMITS.links) return WELCOME.busy;
    const known: Known = { link: new Resumable(this.#options), epoch: 0 };
    this.#known.set(hello.link, known);
    known.link.onDetached = () => {
      if (known.link.state === 'closed') this.#forget(hello.link, known.link);
    };
    this.#onLink(known.link);
    return known;
  }

  #forget(id: string, link: Resumable): void {
    this.#known.delete(id);
    if (!link.proper) return;
    this.#closed.add(id);
    for (const oldest of this.#closed) {
      if (this.#closed.size <= LIMITS.closedLinks) break;
      this.#closed.delete(oldest);
    }
  }
}
