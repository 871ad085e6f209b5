import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import {
  type ApiStatus,
  type Asked,
  apiRefusal,
  bounded,
  isRefusal,
  noAnswer,
} from './api-failure.ts';
import type { Chosen } from './chosen.ts';
import type { Applied, Credentials } from './credentials.ts';
import { API_ANSWER_BYTES, API_REQUEST_MS, EVIDENCE_BYTES } from './limits.ts';
import { untilAborted, withDeadline } from './with-deadline.ts';

/** An object of the API as JSON brings it: the library's type, with dates as text. */
export type Raw<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Raw<Item>[]
    : T extends object
      ? { [Key in keyof T]: Raw<T[Key]> }
      : T;

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Query;
  readonly body?: object;
  readonly accept?: string;
  readonly timeoutMs?: number;
}

export interface ApiAnswer<T> {
  readonly body: T;
  /** Texts of the `Warning` headers. */
  readonly warnings: readonly string[];
}

type UseAnswer<T> = (response: IncomingMessage, deadline: AbortSignal) => Promise<T>;

/** The API server, spoken to in JSON with the credentials of the kubeconfig. Every request has a deadline. */
export class Api {
  readonly server: string;
  readonly proxy: Chosen | undefined;
  readonly user: string;
  readonly #credentials: Credentials;

  constructor({ server, proxy, user }: Asked, credentials: Credentials) {
    this.server = server;
    this.proxy = proxy;
    this.user = user;
    this.#credentials = credentials;
  }

  async get<T>(path: string, query: Query, signal: AbortSignal): Promise<T> {
    return (await this.ask<T>({ method: 'GET', path, query }, signal)).body;
  }

  /** One request and its whole answer. */
  ask<T>(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer<T>> {
    return this.#within(request, signal, async (response, deadline) => {
      const text = (await readBody(response, API_ANSWER_BYTES, deadline)).toString('utf8');
      const warnings = warningTexts(response.headers['warning']);
      return { body: parseJson<T>(text), warnings };
    });
  }

  /** A request whose answer goes on: the deadline ends with its head. The caller reads and destroys the response. */
  async open(request: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const response = await this.#within(request, signal, (head) => Promise.resolve(head));
    // The deadline's signal no longer rules the response: the caller's does.
    const stop = (): void => void response.destroy();
    signal.addEventListener('abort', stop, { once: true });
    response.once('close', () => signal.removeEventListener('abort', stop));
    if (signal.aborted) stop();
    return response;
  }

  /** The credentials for a pipe that is no plain request. */
  async credentials(signal: AbortSignal): Promise<Applied> {
    signal.throwIfAborted();
    return await untilAborted(this.#credentials.apply(), signal);
  }

  /** After a 401: whether asking again may help. */
  refreshCredentials(): boolean {
    return this.#credentials.refresh();
  }

  close(): void {
    this.#credentials.close();
  }

  async #within<T>(request: ApiRequest, signal: AbortSignal, use: UseAnswer<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const applied = await this.credentials(signal);
      try {
        return await this.#once(request, applied, signal, use);
      } catch (error) {
        if (isRefusal(error, 401) && attempt === 1 && this.refreshCredentials()) continue;
        if (error instanceof StaleConnection && attempt < 4) continue;
        throw noAnswer(error, this, signal);
      }
    }
  }

  #once<T>(
    request: ApiRequest,
    applied: Applied,
    signal: AbortSignal,
    use: UseAnswer<T>,
  ): Promise<T> {
    const timeoutMs = request.timeoutMs ?? API_REQUEST_MS;
    const what = `${request.method} ${request.path}`;
    return withDeadline({ what, timeoutMs, signal }, async (deadline) => {
      const response = await send(new URL(this.server + request.path), request, applied, deadline);
      if ((response.statusCode ?? 0) < 300) return await use(response, deadline);
      throw apiRefusal(await readStatus(response, deadline), this);
    });
  }
}

/** A kept connection was closed by the other side just as it was used again: nothing was read of an answer. */
class StaleConnection extends Error {
  override readonly name = 'StaleConnection';

  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

function send(
  url: URL,
  { method, query, body, accept }: ApiRequest,
  { headers, pool }: Applied,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const text = body === undefined ? undefined : JSON.stringify(body);
  const patch = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return new Promise((resolve, reject) => {
    const request = protocolOf(url).request(url, {
      method,
      agent: pool,
      headers: {
        ...headers,
        accept: accept ?? 'application/json',
        'user-agent': 'kdev',
        ...(text === undefined
          ? {}
          : { 'content-type': patch, 'content-length': Buffer.byteLength(text) }),
      },
    });
    const stop = (): void => void request.destroy(asError(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
    request.once('response', (response) => {
      // An open answer outlives the deadline of its head.
      signal.removeEventListener('abort', stop);
      resolve(response);
    });
    request.once('upgrade', (_, socket) => {
      socket.destroy();
      reject(new Error('the answer is an upgrade that nobody asked for'));
    });
    request.on('error', (error) => {
      reject(request.reusedSocket && !signal.aborted ? new StaleConnection(error) : error);
    });
    request.end(text);
  });
}

export function protocolOf(url: URL): typeof http | typeof https {
  return url.protocol === 'http:' ? http : https;
}

/** Reads to the end; more than `limit` bytes or an end before the announced one are errors. */
export async function readBody(
  response: IncomingMessage,
  limit: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const stop = (): void => void response.destroy(asError(signal.reason));
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      bytes += chunk.length;
      if (bytes > limit) throw new Error(`the answer is longer than ${limit} bytes`);
      chunks.push(chunk);
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return Buffer.concat(chunks);
}

export async function readStatus(
  response: IncomingMessage,
  signal: AbortSignal,
): Promise<ApiStatus> {
  const status = response.statusCode ?? 0;
  const text = (await readBody(response, EVIDENCE_BYTES * 16, signal)).toString('utf8');
  return statusFrom(status, response.statusMessage ?? '', text);
}

/** The API's Status object, or whatever else stood in the answer: a proxy's page, a webhook's words. */
export function statusFrom(status: number, statusMessage: string, text: string): ApiStatus {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isStatus(parsed)) {
      const { reason, message } = parsed;
      return { status, reason: bounded(reason ?? statusMessage), message: bounded(message ?? '') };
    }
  } catch {
    // Not the API server's own words: they are shown as they are.
  }
  return {
    status,
    reason: bounded(statusMessage),
    message: bounded(text.slice(0, EVIDENCE_BYTES)),
  };
}

function isStatus(value: unknown): value is { reason?: string; message?: string } {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, reason, message } = value as Readonly<Record<string, unknown>>;
  const isText = (field: unknown): boolean => field === undefined || typeof field === 'string';
  return kind === 'Status' && isText(reason) && isText(message);
}

function parseJson<T>(text: string): T {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed as T;
  } catch (cause) {
    throw new Error(`the answer is no JSON: ${bounded(text.slice(0, 200))}`, { cause });
  }
  throw new Error('the answer is no object of the API');
}

/** `299 - "text"`, several of them in one header. */
function warningTexts(header: string | undefined): readonly string[] {
  return [...(header ?? '').matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    bounded(text.replace(/\\(.)/g, '$1')),
  );
}

export function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
