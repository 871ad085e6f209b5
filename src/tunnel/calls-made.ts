import { decodeMap, encodeCallHead, splitReply } from '../protocol/codec.ts';
import { errnoError, errnoName } from '../protocol/errno.ts';
import { decodeCodeAndText } from '../protocol/failure.ts';
import { encodeFrame, FRAME } from '../protocol/frames.ts';
import type { Method } from '../protocol/messages.ts';
import { checkAnswer } from '../protocol/shapes.ts';
import type { Clock } from '../runtime/clock.ts';
import { unpin } from '../runtime/unpin.ts';

export interface CallOptions {
  /** Raw bytes behind the map; they travel uncopied and must not change afterwards. */
  readonly tail?: Buffer;
  readonly signal?: AbortSignal;
  /** Default 30 s. */
  readonly timeoutMs?: number;
}

export interface Answer {
  readonly body: unknown;
  readonly tail: Buffer;
}

export interface CallSender {
  /** `sent` is called when a message that had to wait for its turn has had it. */
  sendMessage(head: Buffer, tail: Buffer, sent: () => void): void;
  sendControl(frame: Buffer): void;
}

interface Waiting {
  readonly method: Method;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

const defaultTimeoutMs = 30_000;
const noTail = Buffer.alloc(0);

/**
 * The calls of this side that wait for their answer. A call ends by REPLY, by ERROR, at its deadline or by its signal (the
 * peer gets CANCEL, what it still answers is ignored), or with the mux.
 */
export class CallsMade {
  readonly #sender: CallSender;
  readonly #clock: Clock;
  readonly #most: number;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(sender: CallSender, { clock, most }: { clock: Clock; most: number }) {
    this.#sender = sender;
    this.#clock = clock;
    this.#most = most;
  }

  call(method: Method, args: object, options: CallOptions): Promise<Answer> {
    const { tail = noTail, signal, timeoutMs = defaultTimeoutMs } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw errnoError('ECANCELED', `${method} was cancelled`, signal.reason);
      if (this.#waiting.size >= this.#most) {
        throw errnoError('EAGAIN', `${this.#most} calls are under way`);
      }
      const id = this.#nextId();
      const head = encodeCallHead(id, { method, args, tailBytes: tail.length });
      const abort = () => this.#cancel(id, errnoError('ECANCELED', `${method} was cancelled`));
      const timer = this.#clock.after(timeoutMs, () => {
        const words = `${method} was not answered within ${timeoutMs} ms`;
        this.#cancel(id, errnoError('ETIMEDOUT', words));
      });
      const settle = () => {
        this.#waiting.delete(id);
        timer.cancel();
        signal?.removeEventListener('abort', abort);
      };
      this.#waiting.set(id, {
        method,
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      signal?.addEventListener('abort', abort, { once: true });
      this.#sender.sendMessage(head, tail, () => {});
    });
  }

  receiveReply(id: number, payload: Buffer): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    try {
      const { map, tail } = splitReply(payload);
      waiting.resolve({ body: checkAnswer(waiting.method, decodeMap(map)), tail: unpin(tail) });
    } catch (error) {
      waiting.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  receiveError(id: number, payload: Buffer): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    const { code, text } = decodeCodeAndText(payload);
    waiting.reject(errnoError(errnoName(code), text === '' ? `${waiting.method} failed` : text));
  }

  end(error: Error): void {
    for (const waiting of [...this.#waiting.values()]) waiting.reject(error);
  }

  #cancel(id: number, error: Error): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#sender.sendControl(encodeFrame(FRAME.cancel, id));
    waiting.reject(error);
  }

  #nextId(): number {
    do {
      this.#lastId = this.#lastId === 0xffff_ffff ? 1 : this.#lastId + 1;
    } while (this.#waiting.has(this.#lastId));
    return this.#lastId;
  }
}
