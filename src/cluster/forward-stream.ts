import { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { bounded } from './api-failure.ts';
import {
  EVIDENCE_BYTES,
  FORWARD_DEAD_MS,
  FORWARD_MESSAGE_BYTES,
  FORWARD_PING_MS,
  FORWARD_UNSENT_BYTES,
} from './limits.ts';
import { PipeRefused } from './pipe-refused.ts';

const DATA = 0;
const ERROR = 1;
/** Each channel begins with the port, two bytes, little endian. */
const PORT_BYTES = 2;

/**
 * One forwarded port (subprotocol v4.channel.k8s.io): every message is a channel byte and payload; channel 0 carries
 * data, channel 1 an error as text. There is no half-close: `end()` sends what is left and closes.
 *
 * It ends: with the peer's clean close → end of stream; with an error on channel 1, a close of another kind, a lost
 * connection, a frame that is none, or silence while pings go unanswered → error; with `destroy`.
 */
export class ForwardStream extends Duplex {
  readonly #socket: WebSocket;
  readonly #onConfirmed: () => void;
  readonly #portBytes = [PORT_BYTES, PORT_BYTES];
  readonly #timer: NodeJS.Timeout;
  #errorText = '';
  #confirmed = false;
  #paused = false;
  /** By the monotonic clock, as every silence is measured. */
  #heardAt = performance.now();

  constructor(socket: WebSocket, onConfirmed: () => void) {
    super({
      readableHighWaterMark: FORWARD_MESSAGE_BYTES,
      writableHighWaterMark: FORWARD_MESSAGE_BYTES,
      allowHalfOpen: false,
    });
    this.#socket = socket;
    this.#onConfirmed = onConfirmed;
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', (code) => this.#closed(code));
    const heard = (): void => {
      this.#heardAt = performance.now();
    };
    socket.on('ping', heard);
    socket.on('pong', heard);
    this.#timer = setInterval(() => this.#watchOver(), FORWARD_PING_MS);
    this.#timer.unref();
  }

  override _read(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#heardAt = performance.now();
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send([chunk], done);
  }

  override _writev(
    writes: readonly { chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#send(
      writes.map(({ chunk }) => chunk),
      done,
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.close(1000);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.#timer);
    this.#socket.terminate();
    done(error);
  }

  /** Messages of bounded size, never fragmented; the last one's way to the kernel decides when more may be written. */
  #send(chunks: readonly Buffer[], done: (error?: Error | null) => void): void {
    const messages = packMessages(chunks);
    const last = messages.pop();
    if (!last) {
      done();
      return;
    }
    for (const message of messages) this.#socket.send(message);
    const room = this.#socket.bufferedAmount + last.length < FORWARD_UNSENT_BYTES;
    // A failed send ends the stream by the socket's own error and close.
    this.#socket.send(last, room ? undefined : (error) => done(error));
    if (room) done();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.destroyed) return;
    this.#heardAt = performance.now();
    if (!Buffer.isBuffer(data) || data.length === 0 || !isBinary) {
      this.destroy(lost('EPROTO', 'a message without a channel'));
      return;
    }
    const channel = data[0] ?? DATA;
    if (channel !== DATA && channel !== ERROR) return;
    const port = Math.min(this.#portBytes[channel] ?? 0, data.length - 1);
    this.#portBytes[channel] = (this.#portBytes[channel] ?? 0) - port;
    const payload = data.subarray(1 + port);
    if (channel === ERROR) this.#receiveError(payload);
    else if (payload.length > 0 && !this.push(payload)) this.#pause();
    this.#confirm();
  }

  #receiveError(payload: Buffer): void {
    this.#errorText = (this.#errorText + payload.toString('utf8')).slice(0, EVIDENCE_BYTES);
    if (this.#errorText === '') return;
    const refused = /connection refused/i.test(this.#errorText);
    this.destroy(lost(refused ? 'ECONNREFUSED' : 'ECONNRESET', this.#errorText));
  }

  #pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  #confirm(): void {
    if (this.#confirmed || this.destroyed) return;
    if (this.#portBytes.some((missing) => missing > 0)) return;
    this.#confirmed = true;
    // An error that came in the same chunk is told first.
    setImmediate(() => {
      if (!this.destroyed) this.#onConfirmed();
    });
  }

  #closed(code: number): void {
    if (this.destroyed || this.readableEnded) return;
    const clean = code === 1000 || code === 1001 || this.writableFinished;
    if (clean && this.#confirmed) this.push(null);
    else this.destroy(lost('ECONNRESET', `the connection closed with ${code}`));
  }

  /** While we have paused the socket, its silence is ours. */
  #watchOver(): void {
    if (this.#paused) return;
    const silentMs = performance.now() - this.#heardAt;
    if (silentMs > FORWARD_DEAD_MS) {
      this.destroy(lost('ETIMEDOUT', `no word for ${FORWARD_DEAD_MS / 1000} s`));
    } else if (silentMs >= FORWARD_PING_MS && this.#socket.readyState === this.#socket.OPEN) {
      this.#socket.ping();
    }
  }
}

/** Copies the chunks into messages for the data channel: one copy, no message longer than the bound. */
export function packMessages(chunks: readonly Buffer[]): Buffer[] {
  const messages: Buffer[] = [];
  let left = chunks.reduce((bytes, chunk) => bytes + chunk.length, 0);
  let message = Buffer.alloc(0);
  let at = 0;
  for (const chunk of chunks) {
    for (let from = 0; from < chunk.length; ) {
      if (at === message.length) {
        message = Buffer.allocUnsafe(1 + Math.min(left, FORWARD_MESSAGE_BYTES));
        message[0] = DATA;
        at = 1;
        messages.push(message);
      }
      const copied = chunk.copy(message, at, from);
      from += copied;
      at += copied;
      left -= copied;
    }
  }
  return messages;
}

function lost(code: string, why: string): PipeRefused {
  return new PipeRefused('port-forward', { code, why: bounded(why), lasting: false });
}
