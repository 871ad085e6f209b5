import { errnoOf } from '../../src/protocol/errno.ts';
import { abort, type End, finish, resetWithProcess } from '../../src/relay/join.ts';
import { MessageReader } from './message-reader.ts';
import { isTunnel, type RequestHead, type ResponseHead, responsesTo } from './messages.ts';

export interface UpstreamEvents {
  /** Bytes for the client; false where it takes no more until `resume`. */
  readonly answer: (bytes: Buffer) => boolean;
  /** Whether bytes that answer no request may go to the client. */
  readonly mayVolunteer: () => boolean;
  /** It has room again, has answered a request, or has become a tunnel. */
  readonly changed: () => void;
  /** It has sent FIN. */
  readonly ended: () => void;
  /** It is gone, and not by a proper end of both directions. */
  readonly failed: (code: string) => void;
}

/**
 * One of the two that answer the requests of a client's connection. Its responses are followed, so that it is known when each is over,
 * and are given on as they are. One whose end is not clear lasts as long as the connection.
 */
export class Upstream {
  readonly end: End;
  /** It has answered that the connection belongs to another protocol from here on. */
  isTunnel = false;
  readonly #events: UpstreamEvents;
  readonly #waiting: RequestHead[] = [];
  readonly #responses: MessageReader<ResponseHead>;
  #status = 0;
  #isRaw = false;
  #isLeft = false;

  constructor(end: End, events: UpstreamEvents) {
    this.end = end;
    this.#events = events;
    this.#responses = new MessageReader(responsesTo(() => this.#waiting[0]?.method ?? ''));
    resetWithProcess(end);
    let code = 'ECONNRESET';
    end.on('error', (error) => {
      code = errnoOf(error);
    });
    end.on('data', (chunk: Buffer) => this.#take(chunk));
    end.on('drain', () => this.#tell(events.changed));
    end.on('end', () => this.#tell(events.ended));
    end.on('close', () => {
      if (!end.readableEnded || !end.writableFinished) this.#tell(() => events.failed(code));
    });
    end.resume();
  }

  /** How many requests it has yet to answer, as far as it can be told. */
  get unanswered(): number {
    return this.#waiting.length;
  }

  /** Where an answer ends cannot be told any more: nothing of another side's may follow. */
  get isRaw(): boolean {
    return this.#isRaw;
  }

  /** A request is about to be written. */
  expect(request: RequestHead): void {
    if (!this.#isRaw) this.#waiting.push(request);
  }

  resume(): void {
    if (!this.isTunnel) this.end.resume();
  }

  /** It is left to somebody else, who gets what was received of it and not given on. */
  takeLeave(): readonly Buffer[] {
    this.#isLeft = true;
    return this.#responses.takeRest();
  }

  /** It is not needed any more, and has a moment to end. */
  letGo(patienceMs: number): void {
    this.#isLeft = true;
    if (this.end.destroyed) return;
    finish(this.end);
    this.end.resume();
    const timer = setTimeout(() => abort(this.end, 'ETIMEDOUT'), patienceMs);
    this.end.once('close', () => clearTimeout(timer));
  }

  #tell(event: () => void): void {
    if (!this.#isLeft) event();
  }

  #take(chunk: Buffer): void {
    if (this.#isLeft) return;
    this.#responses.push(chunk);
    while (!this.isTunnel && !this.#isLeft && this.#deliverNext());
  }

  /** False where nothing is left to deliver. */
  #deliverNext(): boolean {
    if (this.#isRaw) {
      for (const bytes of this.#responses.takeRest()) this.#answer(bytes);
      return false;
    }
    if (this.#waiting.length === 0) return this.#volunteer();
    const part = this.#responses.next();
    if (part?.kind === 'unclear') this.#becomeRaw();
    else if (part?.kind === 'end') this.#finishResponse();
    else if (part) {
      this.#answer(part.bytes);
      if (part.kind === 'head') this.#takeHead(part.head);
    }
    return part !== undefined;
  }

  #takeHead({ status }: ResponseHead): void {
    this.#status = status;
    if (!isTunnel(status, this.#waiting[0]?.method ?? '')) return;
    this.isTunnel = true;
    this.end.pause();
    this.#events.changed();
  }

  /** Interim responses (1xx) come before the one that answers. */
  #finishResponse(): void {
    if (this.#status < 200) return;
    this.#waiting.shift();
    this.#events.changed();
  }

  #becomeRaw(): void {
    this.#isRaw = true;
    this.#waiting.length = 0;
    this.#events.changed();
  }

  /** Such as 408 before an idle connection is closed. */
  #volunteer(): boolean {
    if (this.#responses.heldBytes === 0) return false;
    if (this.#events.mayVolunteer()) {
      this.#becomeRaw();
      return true;
    }
    abort(this.end, 'ECONNRESET');
    return false;
  }

  #answer(bytes: Buffer): void {
    if (!this.#events.answer(bytes)) this.end.pause();
  }
}
