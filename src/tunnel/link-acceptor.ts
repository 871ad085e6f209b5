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
import type { Link } from './link.ts';
import { acceptorOptions, type LinkOptions } from './link-options.ts';
import { Resumable } from './resumable.ts';

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
