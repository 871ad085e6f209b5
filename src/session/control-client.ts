import net from 'node:net';
import { fromPlain, type KdevError, kdevError, type PlainError } from '../errors/kdev-error.ts';
import {
  ANSWER_BYTES,
  type ControlApi,
  type ControlMethod,
  type ControlRequest,
  type SessionEvent,
} from './control.ts';
import { jsonLine, readJsonLines } from './json-lines.ts';

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
  readonly onEvent: (event: SessionEvent) => void;
}

const connectMs = 2_000;

/** A cli's connection to the session of one project. While it is open it may be what keeps the session alive. */
export class ControlClient {
  readonly #socket: net.Socket;
  readonly #version: string;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #ended: KdevError | undefined;

  constructor(socket: net.Socket, version: string) {
    this.#socket = socket;
    this.#version = version;
    socket.on('error', () => undefined);
    this.#read().then(
      () => this.#end(lost()),
      (error: unknown) => this.#end(isClosed(error) ? lost() : unintelligible(error)),
    );
  }

  /** Rejects with the session's own error, SESSION_LOST where it went away, SESSION_UNINTELLIGIBLE where it is none. */
  call<M extends ControlMethod>(
    method: M,
    params: ControlApi[M]['params'],
    onEvent: (event: SessionEvent) => void = () => undefined,
  ): Promise<ControlApi[M]['result']> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      const id = ++this.#lastId;
      this.#pending.set(id, { resolve, reject, onEvent });
      const request: ControlRequest<M> = { id, version: this.#version, method, params };
      this.#socket.write(jsonLine(request));
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  async #read(): Promise<void> {
    for await (const line of readJsonLines(this.#socket, ANSWER_BYTES)) {
      const { id, event, result, error } = line;
      // A session that could not read our request does not know its number.
      const pending = this.#pending.get(id === 0 ? this.#lastId : Number(id));
      if (event) {
        pending?.onEvent(event as SessionEvent);
        continue;
      }
      this.#pending.delete(id === 0 ? this.#lastId : Number(id));
      if (error) pending?.reject(fromPlain(error as PlainError));
      else pending?.resolve(result as never);
    }
  }

  #end(error: KdevError): void {
    this.#ended = error;
    this.#socket.destroy();
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

/** Undefined where nobody listens. */
export async function connectControl(
  path: string,
  version: string,
): Promise<ControlClient | undefined> {
  const socket = net.connect(path);
  const timer = setTimeout(() => socket.destroy(new Error('no answer')), connectMs);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new ControlClient(socket, version);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

const closing = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE']);

function isClosed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && closing.has(String(error.code));
}

function lost(): KdevError {
  return kdevError('SESSION_LOST', {
    fact: 'the session ended while this command needed it',
    hints: [
      { who: 'you', text: 'starts anew', command: 'kdev compose up -d' },
      { who: 'you', text: 'says why it ended', command: 'kdev logs --session' },
      { who: 'kdev', text: 'if nobody ended it, that is a bug' },
    ],
  });
}

function unintelligible(cause: unknown): KdevError {
  return kdevError('SESSION_UNINTELLIGIBLE', {
    fact: 'what answers on the control socket is no session of kdev',
    evidence: cause instanceof Error ? cause.message : String(cause),
    hints: [{ who: 'you', text: 'removes what is left of a session', command: 'kdev clean' }],
    cause,
  });
}
