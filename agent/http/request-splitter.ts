import type net from 'node:net';
import { errnoError, errnoOf } from '../../src/protocol/errno.ts';
import { abort, type End, endLike, finish, join, resetWithProcess } from '../../src/relay/join.ts';
import type { Judge } from './matcher.ts';
import type { RequestHead } from './messages.ts';
import { RequestIntake, type RequestPart } from './request-intake.ts';
import { Upstream } from './upstream.ts';
import { Waiter } from './waiter.ts';

export interface SplitOptions {
  readonly client: net.Socket;
  /** What was read of the client already. */
  readonly head: Buffer;
  readonly judge: Judge;
  /** A connection to the service; undefined where there is none to be had and the target serves. Rejects where the service refuses. */
  readonly openService: () => Promise<End | undefined>;
  readonly openTarget: () => Promise<End>;
  /** Says to the client whose request it is why the service does not take it. */
  readonly refusal: (error: unknown) => string;
  /** How long a head, or a body that decides, may take to arrive: what takes longer is left to the target's own patience. */
  readonly patienceMs?: number;
}

type HeadPart = Extract<RequestPart, { kind: 'head' }>;
type Way = 'service' | 'target';

/** Requests on their way to one side, whose answers come in the same order. */
const PIPELINED_MAX = 32;
const PATIENCE_MS = 10_000;
/** How long a side has to end once its client has, and a client once it was refused. */
const ENDING_MS = 5_000;

/**
 * Gives each request on a client's HTTP/1 connection to the service or to the target, and the answers back in the order of the requests.
 * Every byte is passed on as it came. The decision is made once a request; a request for the other side waits until all before it are
 * answered. Both sides are connected when first needed, and kept as long as the client is.
 *
 * Ways to end: what has no clear end, and what becomes another protocol (101, CONNECT), is joined with one side as it is; the client's FIN
 * goes to both sides; a side's FIN or failure goes to the client where the last request was its, else it is connected anew when needed; the
 * client's failure goes to both; the service refuses → 502 and FIN; the target cannot be reached → the client is reset.
 */
export class RequestSplitter {
  readonly #options: SplitOptions;
  readonly #client: net.Socket;
  readonly #waiter = new Waiter();
  readonly #intake: RequestIntake;
  readonly #sides = new Map<Way, Upstream>();
  /** Where the last request went, and whether all of it has. */
  #last: { readonly side: Upstream; readonly request: RequestHead; isWhole: boolean } | undefined;
  /** The client is somebody else's, or refused, or gone. */
  #isOver = false;
  /** No request that still comes can be answered. */
  #isDeaf = false;

  constructor(options: SplitOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#followClient();
    this.#intake = new RequestIntake({
      patienceMs: PATIENCE_MS,
      ...options,
      waiter: this.#waiter,
    });
  }

  /** Resolves when there is nothing more to decide. */
  async run(): Promise<void> {
    try {
      while (!this.#isOver && (await this.#pass(await this.#intake.next())));
    } catch (error) {
      if (!this.#isDeaf) this.#fail(errnoOf(error));
    }
  }

  /** False behind the last part. */
  async #pass(part: RequestPart | undefined): Promise<boolean> {
    switch (part?.kind) {
      case undefined:
        this.#endSides();
        return false;
      case 'head':
        await this.#begin(part);
        return true;
      case 'body':
        if (this.#last) await this.#send(this.#last.side, part.bytes);
        return true;
      case 'end':
        await this.#finishRequest();
        return true;
      case 'unclear':
        await this.#leaveUnclear();
        return false;
    }
  }

  /** The target's, but for the rest of a request of the service's: what follows that may be anybody's. */
  async #leaveUnclear(): Promise<void> {
    const open = this.#last?.isWhole === false ? this.#last.side : undefined;
    if (open && open === this.#sides.get('service')) this.#fail('ECONNRESET');
    else this.#weld(open ?? (await this.#open('target')));
  }

  async #begin({ head, bytes }: HeadPart): Promise<void> {
    const way = (await this.#decide(head)) ? 'service' : 'target';
    const side = await this.#openOrRefuse(way);
    if (side === undefined) return;
    this.#last = { side, request: head, isWhole: false };
    side.expect(head);
    await this.#send(side, bytes);
  }

  async #decide(request: RequestHead): Promise<boolean> {
    const { judge } = this.#options;
    const answer = judge(request);
    if (answer !== undefined) return answer;
    const isToBeRead = request.hasBody && !request.expects;
    const body = isToBeRead ? await this.#intake.readAhead() : null;
    return judge({ ...request, body }) === true;
  }

  async #finishRequest(): Promise<void> {
    const last = this.#last;
    if (last === undefined) return;
    last.isWhole = true;
    const { side, request } = last;
    if (!request.mayUpgrade) return;
    // What follows may be of another protocol.
    await this.#waiter.until(() => side.isTunnel || side.unanswered === 0 || undefined);
    if (side.isTunnel) this.#weld(side);
  }

  async #send(side: Upstream, bytes: Buffer): Promise<void> {
    if (!side.end.write(bytes)) {
      await this.#waiter.until(() => !side.end.writableNeedDrain || undefined);
    }
  }

  // ---- the two sides

  async #openOrRefuse(way: Way): Promise<Upstream | undefined> {
    if (way === 'target') return await this.#open(way);
    try {
      return await this.#open(way);
    } catch (error) {
      if (!this.#isOver) this.#refuse(error);
      return undefined;
    }
  }

  /** The side, connected, once it may have the next request. Behind an answer of the target's without a clear end all is the target's. */
  async #open(way: Way): Promise<Upstream> {
    const other = way === 'service' ? 'target' : 'service';
    const isOtherRaw = () => this.#sides.get(other)?.isRaw;
    await this.#waiter.until(() => this.#isFree(way) || isOtherRaw() || undefined);
    if (isOtherRaw()) {
      if (other === 'target') return await this.#open(other);
      throw errnoError('ECONNRESET', "an answer of the service's has no clear end");
    }
    const known = this.#sides.get(way);
    if (known) return known;
    const { openService, openTarget } = this.#options;
    const end = await (way === 'service' ? openService() : openTarget());
    if (end === undefined) return await this.#open('target');
    if (this.#isOver) {
      abort(end, 'ECONNRESET');
      throw errnoError('ECONNRESET', 'the client is gone');
    }
    const side = this.#follow(way, end);
    this.#sides.set(way, side);
    return side;
  }

  #isFree(way: Way): boolean {
    return [...this.#sides].every(
      ([other, { unanswered }]) => unanswered < (other === way ? PIPELINED_MAX : 1),
    );
  }

  #follow(way: Way, end: End): Upstream {
    const side: Upstream = new Upstream(end, {
      answer: (bytes) => this.#client.write(bytes),
      mayVolunteer: () => this.#isLast(side),
      changed: () => this.#waiter.wake(),
      ended: () => {
        if (!this.#isLast(side)) this.#forget(way, side);
        else {
          endLike(end, this.#client);
          if (this.#last?.isWhole) this.#hearNoMore();
        }
      },
      failed: (code) => {
        if (this.#isLast(side)) this.#fail(code);
        else this.#forget(way, side);
      },
    });
    return side;
  }

  #isLast(side: Upstream): boolean {
    return this.#last?.side === side;
  }

  #forget(way: Way, side: Upstream): void {
    side.letGo(ENDING_MS);
    if (this.#sides.get(way) === side) this.#sides.delete(way);
  }

  // ---- the ends

  #followClient(): void {
    const client = this.#client;
    resetWithProcess(client);
    let code = 'ECONNRESET';
    client.on('error', (error) => {
      code = errnoOf(error);
    });
    client.on('drain', () => {
      if (!this.#isOver) for (const side of this.#sides.values()) side.resume();
    });
    const onClose = () => {
      const isProper = client.readableEnded && client.writableFinished;
      if (isProper) for (const side of this.#sides.values()) side.letGo(ENDING_MS);
      else this.#fail(code);
    };
    if (client.closed) setImmediate(onClose);
    else client.on('close', () => !this.#isOver && onClose());
  }

  /** The client has had its FIN. What it still sends is read all the same: else its own end would not be noticed. */
  #hearNoMore(): void {
    this.#isDeaf = true;
    this.#intake.stop();
    this.#waiter.end(errnoError('ECONNRESET', 'the connection is ended'));
    if (this.#client.readableEnded) this.#endSides();
    else this.#client.once('end', () => this.#endSides()).resume();
  }

  /** The client has ended its direction. */
  #endSides(): void {
    for (const { end } of this.#sides.values()) endLike(this.#client, end);
    if (this.#last === undefined) finish(this.#client);
  }

  /** From here on the connection is that side's, as it is. */
  #weld(side: Upstream): void {
    this.#isOver = true;
    for (const other of this.#sides.values()) if (other !== side) other.letGo(ENDING_MS);
    for (const bytes of this.#intake.stop()) side.end.write(bytes);
    for (const bytes of side.takeLeave()) this.#client.write(bytes);
    join(this.#client, side.end, () => undefined);
  }

  #refuse(error: unknown): void {
    const words = `${this.#options.refusal(error)}\n`;
    this.#isOver = true;
    for (const side of this.#sides.values()) side.letGo(ENDING_MS);
    this.#intake.stop();
    this.#client.write(
      `HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(words)}\r\nConnection: close\r\n\r\n${words}`,
    );
    finish(this.#client);
    // What it still sends must be read: else the kernel resets the connection, and the answer is lost.
    this.#client.resume();
    const timer = setTimeout(() => abort(this.#client, 'ECONNRESET'), ENDING_MS);
    this.#client.once('close', () => clearTimeout(timer));
  }

  #fail(code: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waiter.end(errnoError(code, 'the connection is over'));
    for (const { end } of this.#sides.values()) abort(end, code);
    abort(this.#client, code);
  }
}
