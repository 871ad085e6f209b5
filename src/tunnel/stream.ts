import { Duplex } from 'node:stream';
import { errnoError, errnoName, errnoNumber, errnoOf, violation } from '../protocol/errno.ts';
import { encodeFrame, encodeRst, encodeWindow, FRAME } from '../protocol/frames.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { StreamInfo } from '../protocol/messages.ts';
import { unpin } from '../runtime/unpin.ts';
import type { Batch } from './batch.ts';
import type { Priority, Source } from './outbox.ts';
import type { ReceiveWindow } from './receive-window.ts';
import { SendQueue } from './send-queue.ts';

/** What a stream needs of its mux. */
export interface StreamHost {
  sendControl(frame: Buffer): void;
  /** Answers how many were dropped: this one, or older ones for it. */
  sendDatagram(id: number, payload: Buffer): number;
  activate(source: Source): void;
  afterFlush(act: () => void): void;
  /** Counts bytes queued by mirrored streams; false where all of them together hold too many. */
  queueMirrored(bytes: number): boolean;
  openWindow(): ReceiveWindow;
  nowMs(): number;
  rttMs(): number;
  /** The stream is over: its id may be used again. */
  forget(id: number): void;
}

export interface StreamStart {
  readonly id: number;
  readonly info: StreamInfo;
  readonly priority: Priority;
  /** Whether this side opened it. */
  readonly opened: boolean;
}

type Done = (error?: Error | null) => void;

/** The unit of fairness: what a stream sends before the next one's turn. */
const turnBytes = LIMITS.dataFrameBytes;
/** Bytes that a stream queues itself; only what is written beyond them waits in Node's own buffer. */
const queuedBytes = 128 * 1024;
const writableHighWaterMark = 16 * 1024;
const readableHighWaterMark = 64 * 1024;

/**
 * One stream of the mux. Bytes written must not change afterwards: they travel uncopied.
 *
 * A stream ends
 * - when both sides have sent FIN (end() here, 'end' from the peer): nothing more is sent;
 * - by reset() or destroy() of this side: RST, behind what was written where the credit allows it, else at once;
 * - by the peer's RST: destroyed with an error whose `code` is the peer's errno name;
 * - with its mux: destroyed with the error that ended it;
 * - where it is mirrored and the peer reads too slowly: RST and an error ETOOSLOW here.
 */
export class MuxStream extends Duplex implements Source {
  readonly id: number;
  readonly info: StreamInfo;
  readonly priority: Priority;
  /** The opener's: resolves on ACCEPT, rejects with `code` of the RST that came instead. Never an unhandled rejection. */
  readonly accepted: Promise<void>;
  queued = false;
  /** Called with each datagram that the peer sent under this stream's id. */
  onDatagram: (payload: Buffer) => void = () => {};

  readonly #host: StreamHost;
  readonly #opened: boolean;
  readonly #window: ReceiveWindow;
  readonly #sending = new SendQueue();
  #credit: number = LIMITS.initialWindowBytes;
  /** The write that waits for room in the queue, and its size. */
  #writeDone: Done | undefined;
  #writeBytes = 0;
  #finDone: Done | undefined;
  #finSent = false;
  #finReceived = false;
  /** No RST is to be sent: the peer sent one, or does not exist any more. */
  #cut = false;
  #resetCode: string | undefined;
  /** The RST that goes behind the queued bytes. */
  #lastFrame: Buffer | undefined;
  #settleAccepted: { resolve: () => void; reject: (error: Error) => void } | undefined;

  constructor(host: StreamHost, start: StreamStart) {
    super({ allowHalfOpen: true, readableHighWaterMark, writableHighWaterMark });
    this.#host = host;
    this.id = start.id;
    this.info = start.info;
    this.priority = start.priority;
    this.#opened = start.opened;
    this.#window = host.openWindow();
    this.accepted = new Promise((resolve, reject) => {
      this.#settleAccepted = { resolve, reject };
    });
    this.accepted.catch(() => {});
  }

  /** The acceptor's: what the stream stands for is connected. Implied by its first byte. */
  accept(): void {
    if (this.#opened || this.#settleAccepted === undefined || this.destroyed) return;
    this.#host.sendControl(encodeFrame(FRAME.accept, this.id));
    this.#markAccepted();
  }

  /**
   * Sends bytes beside the stream, whole or not at all. Answers how many datagrams were dropped: these bytes, where they are too many
   * or the stream is over, or older ones that made room for them.
   */
  sendDatagram(payload: Buffer): number {
    return this.destroyed ? 1 : this.#host.sendDatagram(this.id, payload);
  }

  /** Aborts both directions with an errno name. As with TCP, bytes that were sent before may still be read before it. */
  reset(code: string): void {
    this.#resetCode ??= code;
    this.destroy();
  }

  // ---- what the peer sends; called by the mux

  receive(piece: Buffer): void {
    if (this.destroyed) return;
    if (this.#finReceived) throw violation('DATA behind FIN');
    if (!this.#window.receive(piece.length)) throw violation('DATA beyond its window');
    if (this.#opened) this.#markAccepted();
    const waits = this.readableFlowing !== true || this.readableLength > 0;
    this.push(waits ? unpin(piece) : piece);
    this.#returnCredit();
  }

  receiveFin(): void {
    if (this.#finReceived) throw violation('FIN twice');
    this.#finReceived = true;
    if (this.#opened) this.#markAccepted();
    if (!this.destroyed) this.push(null);
  }

  receiveAccept(): void {
    if (!this.#opened) throw violation('ACCEPT from the opener');
    this.#markAccepted();
  }

  receiveReset(number: number): void {
    const code = errnoName(number);
    this.cut(errnoError(code, `the peer reset the stream (${code})`));
  }

  receiveWindow(bytes: number): void {
    this.#credit += bytes;
    if (this.#credit > LIMITS.windowBytes) throw violation('credit beyond its limit');
    if (this.#sending.bytes > 0) this.#host.activate(this);
  }

  /** Ends without a word to the peer. */
  cut(error: Error): void {
    this.#cut = true;
    this.destroy(error);
  }

  // ---- what is sent; called by the outbox

  fill(batch: Batch): boolean {
    const bytes = Math.min(this.#sending.bytes, this.#credit, turnBytes);
    if (bytes > 0) {
      if (!this.#opened) this.#markAccepted();
      this.#credit -= bytes;
      this.#sending.moveTo(batch, this.id, bytes);
      if (this.priority === 'mirror') this.#host.queueMirrored(-bytes);
    }
    if (this.#sending.bytes === 0) this.#putLast(batch);
    if (this.#sending.bytes < queuedBytes) this.#finishWrite();
    return this.#sending.bytes > 0 && this.#credit > 0;
  }

  // ---- Node's stream

  override read(size?: number): Buffer | null {
    const chunk: Buffer | null = super.read(size);
    this.#returnCredit();
    return chunk;
  }

  // Not called for a stream that was paused and resumed while empty, so credit cannot depend on it.
  override _read(): void {
    this.#returnCredit();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#enqueue([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    this.#enqueue(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  override _final(done: Done): void {
    if (this.#finSent || this.#cut) {
      done();
      return;
    }
    this.#finDone = done;
    this.#host.activate(this);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const over = this.#finSent && this.#finReceived;
    if (!over && !this.#cut) {
      const code = this.#resetCode ?? (error === null ? 'ECANCELED' : errnoOf(error));
      this.#sendRst(encodeRst(this.id, errnoNumber(code)));
    }
    if (this.#lastFrame === undefined) {
      if (this.priority === 'mirror') this.#host.queueMirrored(-this.#sending.bytes);
      this.#sending.clear();
    }
    this.#window.close();
    this.#host.forget(this.id);
    // Most streams end with nobody waiting, and an error is dear: it walks the stack.
    if (!over) this.#failWaiting(error);
    done(error);
  }

  #failWaiting(error: Error | null): void {
    const why = error ?? errnoError(this.#resetCode ?? 'ECANCELED', 'the stream was closed');
    this.#settleAccepted?.reject(why);
    const waiting = [this.#writeDone, this.#finDone];
    this.#writeDone = undefined;
    this.#finDone = undefined;
    for (const act of waiting) act?.(why);
  }

  #enqueue(chunks: readonly Buffer[], done: Done): void {
    let bytes = 0;
    for (const chunk of chunks) {
      this.#sending.push(chunk);
      bytes += chunk.length;
    }
    if (this.priority === 'mirror') {
      this.#enqueueMirrored(bytes, done);
      return;
    }
    if (this.#credit > 0) this.#host.activate(this);
    if (this.#sending.bytes < queuedBytes) {
      done();
      return;
    }
    this.#writeDone = done;
    this.#writeBytes = bytes;
  }

  /** The copy of a packet cannot wait for anybody: it is queued at once, and too long a queue ends the stream. */
  #enqueueMirrored(bytes: number, done: Done): void {
    const within = this.#host.queueMirrored(bytes);
    done();
    if (!within || this.#sending.bytes - this.#credit >= LIMITS.mirrorBeyondCreditBytes) {
      this.#resetCode = 'ETOOSLOW';
      this.destroy(errnoError('ETOOSLOW', 'the reader of the mirrored stream does not keep up'));
    } else if (this.#credit > 0) this.#host.activate(this);
  }

  #finishWrite(): void {
    const done = this.#writeDone;
    if (done === undefined) return;
    this.#writeDone = undefined;
    // Its callback may run anything, which must not meet a half-filled batch.
    this.#host.afterFlush(() => {
      this.#writeBytes = 0;
      done();
    });
  }

  /** What was written before a reset goes before it where it can: a server's answer, then its reset, reach the client so. */
  #sendRst(frame: Buffer): void {
    const { bytes } = this.#sending;
    if (bytes > 0 && bytes <= this.#credit && this.priority === 'bulk') {
      this.#lastFrame = frame;
      this.#host.activate(this);
    } else this.#host.sendControl(frame);
  }

  /** FIN goes with the last bytes where end() was called and nothing waits behind them in Node's own buffer. */
  #putLast(batch: Batch): void {
    if (this.destroyed) {
      if (this.#lastFrame !== undefined) batch.put(this.#lastFrame);
      this.#lastFrame = undefined;
      return;
    }
    const last = this.writableEnded && this.writableLength === this.#writeBytes;
    if (this.#finSent || !(last || this.#finDone !== undefined)) return;
    if (!this.#opened) this.#markAccepted();
    this.#finSent = true;
    batch.putHeader(FRAME.fin, this.id, 0);
    const done = this.#finDone;
    this.#finDone = undefined;
    if (done !== undefined) this.#host.afterFlush(done);
  }

  #returnCredit(): void {
    if (this.#finReceived || this.destroyed || !this.#window.isDue(this.readableLength)) return;
    const now = this.#host.nowMs();
    const bytes = this.#window.returnCredit(this.readableLength, now, this.#host.rttMs());
    this.#host.sendControl(encodeWindow(this.id, bytes));
  }

  /** By ACCEPT, and by the acceptor's first byte. */
  #markAccepted(): void {
    this.#settleAccepted?.resolve();
    this.#settleAccepted = undefined;
  }
}
