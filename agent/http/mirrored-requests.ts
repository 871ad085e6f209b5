import type { FlowBreak, FlowSink } from '../incoming/mirrored-flow.ts';
import { BODY_MAX_BYTES, type Judge } from './matcher.ts';
import { MessageReader, type Part } from './message-reader.ts';
import { type RequestHead, requests } from './messages.ts';

type RequestPart = Part<RequestHead>;

/**
 * Passes on those requests of a mirrored connection that are wanted, and opens the way to the service with the first of them. What is no
 * HTTP/1 from its first byte on is nobody's. The answers are not seen: behind a request that asks for another protocol, that one has begun
 * where what follows is no request.
 */
export class MirroredRequests implements FlowSink {
  readonly #judge: Judge;
  readonly #open: () => FlowSink;
  readonly #reader = new MessageReader<RequestHead>(requests);
  #sink: FlowSink | undefined;
  /** Of the present request. */
  #isWanted = false;
  #request: RequestHead | undefined;
  /** Kept until the body decides. */
  #undecided: { readonly parts: Buffer[]; readonly contents: Buffer[]; bytes: number } | undefined;
  #state: 'requests' | 'other protocol' | 'given up' = 'requests';

  constructor(judge: Judge, open: () => FlowSink) {
    this.#judge = judge;
    this.#open = open;
  }

  isOpen(): boolean {
    return this.#state !== 'given up' && this.#sink?.isOpen() !== false;
  }

  data(bytes: Buffer): void {
    // The packet's own bytes are valid during the call only.
    this.#reader.push(Buffer.from(bytes));
    while (this.#state === 'requests') {
      const part = this.#reader.next();
      if (part === undefined) return;
      this.#take(part);
    }
    for (const rest of this.#reader.takeRest()) this.#pass(rest);
  }

  end(): void {
    this.#sink?.end();
  }

  break(why: FlowBreak): void {
    this.#sink?.break(why);
  }

  #take(part: RequestPart): void {
    switch (part.kind) {
      case 'head':
        this.#begin(part.head, part.bytes);
        break;
      case 'body':
        if (this.#undecided) this.#keep(part.bytes, part.contents);
        else this.#pass(part.bytes);
        break;
      case 'end':
        if (this.#undecided) this.#settle(Buffer.concat(this.#undecided.contents));
        break;
      case 'unclear':
        this.#leaveRequests();
    }
  }

  #begin(request: RequestHead, bytes: Buffer): void {
    this.#request = request;
    const answer = this.#judge(request.hasBody ? request : { ...request, body: null });
    this.#reader.wantsContents = answer === undefined;
    this.#isWanted = answer === true;
    if (answer === undefined) this.#undecided = { parts: [bytes], contents: [], bytes: 0 };
    else this.#pass(bytes);
  }

  #keep(bytes: Buffer, contents: readonly Buffer[]): void {
    const undecided = this.#undecided;
    if (undecided === undefined) return;
    undecided.parts.push(bytes);
    undecided.contents.push(...contents);
    undecided.bytes += bytes.length;
    if (undecided.bytes > BODY_MAX_BYTES) this.#settle(null);
  }

  #settle(body: Buffer | null): void {
    const parts = this.#undecided?.parts ?? [];
    this.#undecided = undefined;
    this.#reader.wantsContents = false;
    this.#isWanted =
      this.#request !== undefined && this.#judge({ ...this.#request, body }) === true;
    for (const part of parts) this.#pass(part);
  }

  #leaveRequests(): void {
    if (this.#request?.mayUpgrade) {
      this.#state = 'other protocol';
      return;
    }
    this.#state = 'given up';
    this.#isWanted = false;
    this.#sink?.break('gap');
  }

  #pass(bytes: Buffer): void {
    if (!this.#isWanted) return;
    this.#sink ??= this.#open();
    this.#sink.data(bytes);
  }
}
