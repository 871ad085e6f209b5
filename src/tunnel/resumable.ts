import type { Duplex } from 'node:stream';
import { Decoder, type DecoderSink } from '../protocol/decoder.ts';
import {
  errnoError,
  errnoName,
  errnoNumber,
  errnoOf,
  isViolation,
  violation,
} from '../protocol/errno.ts';
import { decodeCodeAndText, encodeCodeAndText } from '../protocol/failure.ts';
import {
  ACK_RECORD_BYTES,
  decodeAck,
  encodeRecord,
  RECORD,
  recordFraming,
  writeAck,
} from '../protocol/records.ts';
import type { Timer } from '../runtime/clock.ts';
import { FlightCap } from './flight-cap.ts';
import type { Link, LinkState } from './link.ts';
import type { LinkOptions } from './link-options.ts';
import { writeData } from './pipe-writer.ts';
import { ReplayBuffer } from './replay-buffer.ts';
import { Watch } from './watch.ts';

/** Bytes in the pipe's own buffer above which bulk waits for its drain. */
const pipeBufferBytes = 256 * 1024;
/** How long a pipe may flush its last bytes. */
const flushMs = 2_000;

const nothing = () => {};

/**
 * The state machine of a link, the same on both sides; who finds the next pipe differs (dialler.ts, link-acceptor.ts).
 *
 * A link ends
 * - by close() of this side: FIN, resent over every new pipe until FINACK, at most closeMs;
 * - by the peer's FIN: answered by FINACK at once, the last bytes were delivered before;
 * - by abort() of this side or the peer's ABORT: a protocol error, both sides end with its words;
 * - when no pipe came for giveUpMs, or the other side does not know the link: end() by these.
 * The loss of a pipe, its silence and a newer pipe end the pipe, never the link.
 */
export class Resumable implements Link {
  state: LinkState = 'resuming';
  resumed = 0;
  /** Whether the end was a proper one: everything arrived. */
  proper = false;
  onBudget: () => void = nothing;
  onData: (chunk: Buffer) => void = nothing;
  onEnd: (why: Error | undefined) => void = nothing;
  onState: (state: LinkState, why?: Error) => void = nothing;
  /** The dialler's or acceptor's: the pipe is lost. */
  onDetached: () => void = nothing;

  readonly #options: LinkOptions;
  readonly #replay = new ReplayBuffer();
  readonly #cap: FlightCap;
  readonly #watch: Watch;
  #pipe: Duplex | undefined;
  #received = 0;
  #acknowledged = 0;
  #ackTimer: Timer | undefined;
  #ackSoon = false;
  #closing = false;
  #closeTimer: Timer | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#cap = new FlightCap({
      clock: options.clock,
      targetQueueMs: options.targetQueueMs,
      mostBytes: options.replayBytes,
    });
    this.#watch = new Watch(options, {
      ping: () => this.#pipe?.write(encodeRecord(RECORD.ping)),
      oldestInFlightMs: () => this.#cap.oldestMs,
      lost: (why) => this.#detach(this.#pipe, why),
      gaveUp: (why) => this.end(why),
    });
  }

  get rttMs(): number {
    return this.#cap.rttMs;
  }

  /** Offset up to which everything has arrived. */
  get received(): number {
    return this.#received;
  }

  send(frames: readonly Buffer[], bytes: number): void {
    if (this.state === 'closed' || this.#closing) return;
    this.#replay.push(frames, bytes);
    const pipe = this.#pipe;
    if (pipe === undefined) return;
    this.#cap.sent(this.#replay.end);
    writeData(pipe, frames, bytes, this.#takeAck());
  }

  budget(): number {
    const pipe = this.#pipe;
    if (pipe === undefined || this.#closing || pipe.writableLength > pipeBufferBytes) return 0;
    return this.#cap.bytes - this.#replay.bytes;
  }

  room(): number {
    return this.#options.replayBytes - this.#replay.bytes;
  }

  /** Takes a pipe over which both sides have told their offsets; `peerReceived` is how many of our bytes the peer has. */
  attach(pipe: Duplex, peerReceived: number): void {
    if (peerReceived < this.#replay.start || peerReceived > this.#replay.end) {
      const kept = `${this.#replay.start} to ${this.#replay.end}`;
      pipe.destroy();
      this.end(errnoError('ESTALE', `the peer has ${peerReceived} bytes, kept are ${kept}`));
      return;
    }
    this.release();
    this.#replay.trim(peerReceived);
    this.#cap.restart(peerReceived, this.#replay.end);
    this.#acknowledged = this.#received;
    this.#pipe = pipe;
    this.#watch.attached();
    this.#listen(pipe);
    if (this.#pipe === undefined) return;
    const unacknowledged = this.#replay.contents();
    if (unacknowledged.length > 0) writeData(pipe, unacknowledged, this.#replay.bytes, undefined);
    if (this.#closing) pipe.write(encodeRecord(RECORD.fin));
    this.#turn('up');
    this.onBudget();
  }

  /** Lets go of the pipe, so that nothing more arrives over it. */
  release(): void {
    this.#detach(this.#pipe, errnoError('ECONNRESET', 'a newer pipe replaced this one'));
  }

  /** Says why there is still no pipe. */
  stillResuming(why: Error): void {
    if (this.state === 'resuming') this.onState('resuming', why);
  }

  close(): void {
    if (this.state === 'closed' || this.#closing) return;
    this.#closing = true;
    this.#pipe?.write(encodeRecord(RECORD.fin));
    const late = () =>
      this.end(errnoError('ETIMEDOUT', 'the peer did not confirm the end in time'));
    this.#closeTimer = this.#options.clock.after(this.#options.closeMs, late);
  }

  abort(error: Error): void {
    const words = encodeCodeAndText(errnoNumber(errnoOf(error)), error.message);
    this.#farewell(encodeRecord(RECORD.abort, words));
    this.end(error);
  }

  /** The end, for good; `why` is undefined where it was a proper one. */
  end(why: Error | undefined): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.proper = why === undefined;
    this.#watch.stop();
    this.#ackTimer?.cancel();
    this.#closeTimer?.cancel();
    const pipe = this.#pipe;
    this.#pipe = undefined;
    pipe?.destroy();
    this.#replay.clear();
    this.onEnd(why);
    this.onState('closed', why);
    this.onDetached();
  }

  #listen(pipe: Duplex): void {
    const decoder = new Decoder(recordFraming, this.#sinkFor(pipe));
    pipe.on('data', (chunk: Buffer) => {
      if (this.#pipe !== pipe) return;
      this.#watch.heard();
      try {
        decoder.push(chunk);
      } catch (error) {
        if (!isViolation(error)) throw error;
        this.abort(error);
        return;
      }
      if (this.#pipe === pipe) this.#planAck();
    });
    pipe.on('drain', () => {
      if (this.#pipe !== pipe) return;
      this.#planAck();
      this.onBudget();
    });
    const lost = (error?: Error) =>
      this.#detach(pipe, error ?? errnoError('ECONNRESET', 'the pipe closed'));
    pipe.on('error', lost);
    pipe.on('end', () => lost());
    pipe.on('close', () => lost());
    if (pipe.destroyed || pipe.readableEnded) lost();
  }

  #sinkFor(pipe: Duplex): DecoderSink {
    return {
      piece: (_id, piece) => {
        if (this.#pipe !== pipe) return;
        this.#received += piece.length;
        this.onData(piece);
      },
      unit: (type, _id, payload) => {
        if (this.#pipe === pipe) this.#control(type, payload);
      },
    };
  }

  #control(type: number, payload: Buffer): void {
    if (type === RECORD.ack) this.#takenByPeer(decodeAck(payload));
    else if (type === RECORD.ping) this.#pong();
    else if (type === RECORD.fin) this.#finished(encodeRecord(RECORD.finAck));
    else if (type === RECORD.finAck && this.#closing) this.#finished(undefined);
    else if (type === RECORD.abort) {
      const { code, text } = decodeCodeAndText(payload);
      this.end(errnoError(errnoName(code), `the peer ended the link: ${text}`));
    }
  }

  /** Bytes that wait for the peer are as good a sign of life, and a peer that does not read must not fill the memory. */
  #pong(): void {
    const pipe = this.#pipe;
    if (pipe !== undefined && pipe.writableLength <= pipeBufferBytes) {
      pipe.write(encodeRecord(RECORD.pong));
    }
  }

  #takenByPeer(offset: number): void {
    if (offset < this.#replay.start || offset > this.#replay.end) {
      throw violation(`an ACK of ${offset} bytes, sent are ${this.#replay.end}`);
    }
    this.#cap.acked(offset);
    this.#replay.trim(offset);
    this.onBudget();
  }

  #finished(answer: Buffer | undefined): void {
    this.#farewell(answer);
    this.end(undefined);
  }

  /** Writes a last record and leaves the pipe some time to carry it. */
  #farewell(last: Buffer | undefined): void {
    const pipe = this.#pipe;
    this.#pipe = undefined;
    if (pipe === undefined || pipe.destroyed) return;
    const timer = this.#options.clock.after(flushMs, () => pipe.destroy());
    pipe.on('close', () => timer.cancel());
    pipe.on('error', nothing);
    pipe.resume();
    if (last === undefined) pipe.end();
    else pipe.end(last);
  }

  #detach(pipe: Duplex | undefined, why: Error): void {
    if (pipe === undefined || this.#pipe !== pipe) return;
    this.#pipe = undefined;
    this.resumed += 1;
    pipe.destroy();
    this.#watch.detached();
    this.#turn('resuming', why);
    this.onDetached();
  }

  #turn(state: LinkState, why?: Error): void {
    if (this.state === 'closed') return;
    this.state = state;
    this.onState(state, why);
  }

  /** The offset to acknowledge with what is sent now, where one is due at all. */
  #takeAck(): number | undefined {
    if (this.#received === this.#acknowledged) return undefined;
    this.#acknowledged = this.#received;
    return this.#received;
  }

  #planAck(): void {
    const due = this.#received - this.#acknowledged;
    if (due === 0) return;
    if (due >= this.#options.ackEveryBytes) this.#ackThisTurn();
    else
      this.#ackTimer ??= this.#options.clock.after(this.#options.ackDelayMs, () => {
        this.#ackTimer = undefined;
        this.#sendAck();
      });
  }

  /** At the end of the event loop's turn, so that one ACK, or the next data, covers all that arrived in it. */
  #ackThisTurn(): void {
    if (this.#ackSoon) return;
    this.#ackSoon = true;
    setImmediate(() => {
      this.#ackSoon = false;
      this.#sendAck();
    });
  }

  #sendAck(): void {
    const pipe = this.#pipe;
    // A peer that does not read gets its ACK with the pipe's drain.
    if (pipe === undefined || pipe.writableLength > pipeBufferBytes) return;
    const offset = this.#takeAck();
    if (offset === undefined) return;
    const record = Buffer.allocUnsafe(ACK_RECORD_BYTES);
    writeAck(record, 0, offset);
    pipe.write(record);
  }
}
