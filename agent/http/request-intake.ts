import type net from 'node:net';
import { BODY_MAX_BYTES } from './matcher.ts';
import { MessageReader, type Part } from './message-reader.ts';
import { type RequestHead, requests } from './messages.ts';
import type { Waiter } from './waiter.ts';

export type RequestPart = Part<RequestHead>;

/** More than the largest head, which must fit to be judged. */
const AHEAD_MAX_BYTES = 128 * 1024;
const UNCLEAR: RequestPart = { kind: 'unclear' };

export interface IntakeOptions {
  readonly client: net.Socket;
  /** What was read of the client before. */
  readonly head: Buffer;
  /** Is woken at everything that may let a part be given. */
  readonly waiter: Waiter;
  /** How long a head, or a body that decides, may take to arrive. */
  readonly patienceMs: number;
}

/** A client's requests, part by part, at the pace at which they are taken. */
export class RequestIntake {
  readonly #client: net.Socket;
  readonly #waiter: Waiter;
  readonly #reader = new MessageReader<RequestHead>(requests);
  /** Read before its decision, to be given again after it. */
  readonly #ahead: RequestPart[] = [];
  readonly #patienceMs: number;
  #isEnded: boolean;
  #isStopped = false;

  constructor({ client, head, waiter, patienceMs }: IntakeOptions) {
    this.#client = client;
    this.#waiter = waiter;
    this.#patienceMs = patienceMs;
    this.#reader.push(head);
    this.#isEnded = client.readableEnded;
    client.on('data', (chunk: Buffer) => this.#take(chunk));
    client.on('end', () => {
      this.#isEnded = true;
      waiter.wake();
    });
    client.resume();
  }

  /** The next part; undefined at the client's end. */
  async next(): Promise<RequestPart | undefined> {
    return this.#ahead.shift() ?? (await this.#pull(this.#patienceMs));
  }

  /** What the body carries, behind a head; null where it is too large, too slow or has no clear end. `next` gives its parts after that. */
  async readAhead(): Promise<Buffer | null> {
    const deadlineMs = performance.now() + this.#patienceMs;
    const contents: Buffer[] = [];
    this.#reader.wantsContents = true;
    try {
      for (let bytes = 0; bytes <= BODY_MAX_BYTES; ) {
        const part = await this.#pull(deadlineMs - performance.now());
        if (part === undefined || part === UNCLEAR) return null;
        this.#ahead.push(part);
        if (part.kind === 'end') return Buffer.concat(contents);
        if (part.kind !== 'body') return null;
        contents.push(...part.contents);
        bytes += part.bytes.length;
      }
      return null;
    } finally {
      this.#reader.wantsContents = false;
    }
  }

  /** From here on nothing is read; answers what was received and not given. */
  stop(): readonly Buffer[] {
    this.#isStopped = true;
    return this.#reader.takeRest();
  }

  #take(chunk: Buffer): void {
    if (this.#isStopped) return;
    this.#reader.push(chunk);
    if (this.#reader.heldBytes >= AHEAD_MAX_BYTES) this.#client.pause();
    this.#waiter.wake();
  }

  /** `UNCLEAR` where a message was begun and does not go on within the time. */
  async #pull(patienceMs: number): Promise<RequestPart | undefined> {
    let timer: NodeJS.Timeout | undefined;
    let isLate = false;
    const probe = (): { part: RequestPart | undefined } | undefined => {
      const part = this.#reader.next();
      if (part) return { part };
      const mustGoOn = this.#reader.isInsideHead || this.#reader.wantsContents;
      if (mustGoOn && (isLate || this.#isEnded)) return { part: UNCLEAR };
      if (this.#isEnded) return { part: undefined };
      if (mustGoOn) {
        timer ??= setTimeout(() => {
          isLate = true;
          this.#waiter.wake();
        }, patienceMs);
      }
      this.#client.resume();
      return undefined;
    };
    try {
      return (await this.#waiter.until(probe)).part;
    } finally {
      clearTimeout(timer);
    }
  }
}
