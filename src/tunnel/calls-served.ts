import { decodeMap, encodeReplyHead, splitCall } from '../protocol/codec.ts';
import { errnoError, errnoNumber, errnoOf } from '../protocol/errno.ts';
import { encodeFailure, FRAME } from '../protocol/frames.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Method } from '../protocol/messages.ts';
import { checkArgs } from '../protocol/shapes.ts';
import { unpin } from '../runtime/unpin.ts';
import type { CallSender } from './calls-made.ts';

export interface Served {
  readonly body: object;
  readonly tail?: Buffer;
}

const noTail = Buffer.alloc(0);

export type ServeAny = (args: unknown, tail: Buffer, signal: AbortSignal) => Promise<Served>;

/**
 * The peer's calls that this side works on. A method that nobody serves is ENOSYS, arguments of the wrong shape are EINVAL,
 * more calls at once than the limit are EAGAIN. CANCEL and the end of the mux abort the signal; no answer is sent then, but
 * the call counts until its work has stopped.
 */
export class CallsServed {
  readonly #sender: CallSender;
  readonly #most: number;
  readonly #handlers = new Map<string, { method: Method; serve: ServeAny }>();
  readonly #running = new Map<number, AbortController>();
  #working = 0;
  /** Tails of large answers that wait for their turn. */
  #waitingBytes = 0;

  constructor(sender: CallSender, most: number) {
    this.#sender = sender;
    this.#most = most;
  }

  handle(method: Method, serve: ServeAny): void {
    this.#handlers.set(method, { method, serve });
  }

  /** Throws EPROTO where the peer broke the protocol; everything else is answered. */
  receiveCall(id: number, payload: Buffer): void {
    const { method, map, tail } = splitCall(payload);
    if (this.#running.has(id)) throw errnoError('EPROTO', 'the peer used the id of a running call');
    const handler = this.#handlers.get(method);
    if (handler === undefined) {
      this.#fail(id, errnoError('ENOSYS', `${method} is not served here`));
      return;
    }
    if (this.#working >= this.#most) {
      this.#fail(id, errnoError('EAGAIN', `${this.#most} calls are under way`));
      return;
    }
    const controller = new AbortController();
    this.#running.set(id, controller);
    this.#serve(id, controller, () => {
      const args = checkArgs(handler.method, decodeMap(map));
      return handler.serve(args, unpin(tail), controller.signal);
    });
  }

  receiveCancel(id: number): void {
    const controller = this.#running.get(id);
    this.#running.delete(id);
    controller?.abort(errnoError('ECANCELED', 'the peer cancelled the call'));
  }

  end(error: Error): void {
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const controller of running) controller.abort(error);
  }

  #serve(id: number, controller: AbortController, work: () => Promise<Served>): void {
    this.#working += 1;
    const finish = (act: () => void) => {
      this.#working -= 1;
      if (this.#running.get(id) !== controller) return;
      this.#running.delete(id);
      act();
    };
    const fail = (error: unknown) => finish(() => this.#fail(id, error));
    const succeed = (served: Served) => finish(() => this.#reply(id, served));
    try {
      work().then(succeed, fail);
    } catch (error) {
      fail(error);
    }
  }

  #reply(id: number, { body, tail = noTail }: Served): void {
    try {
      if (this.#waitingBytes + tail.length > LIMITS.answerQueueBytes) {
        throw errnoError('EAGAIN', 'too many large answers wait for the caller');
      }
      const head = encodeReplyHead(id, body, tail.length);
      this.#waitingBytes += tail.length;
      this.#sender.sendMessage(head, tail, () => {
        this.#waitingBytes -= tail.length;
      });
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #fail(id: number, error: unknown): void {
    const code = errnoNumber(errnoOf(error));
    const text = error instanceof Error ? error.message : String(error);
    this.#sender.sendControl(encodeFailure(FRAME.error, id, code, text));
  }
}
