import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import type { Judge } from './matcher.ts';
import { Http2Splitter } from './split-http2.ts';

export type Handler = (
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
  raw: readonly string[],
) => void;

/** One who answers: every stream of every connection to it. */
export class Answerer {
  readonly sessions: http2.ServerHttp2Session[] = [];
  isRefusing = false;
  /** There is nothing that could refuse. */
  isAbsent = false;
  handler: Handler;

  /** Says in `by` who it is, until told otherwise. */
  constructor(name: string) {
    this.handler = (stream) => stream.respond({ ':status': 200, by: name }, { endStream: true });
  }

  take(connection: Duplex): void {
    const session = http2.performServerHandshake(connection, {
      settings: { maxConcurrentStreams: 2000 },
    });
    this.sessions.push(session);
    session.on('error', () => undefined);
    session.on('stream', (stream, headers, _flags, raw?: readonly string[]) => {
      stream.on('error', () => undefined);
      this.handler(stream, headers, raw ?? []);
    });
  }
}

export const mine = { 'x-user': 'me' };
export const GRPC = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' };

/** Those of one user, and those of which the body has `me` where it is to be read. */
const isMine: Judge = ({ headers, body }) => {
  if (headers.some(([name, value]) => name === 'x-user' && value === 'me')) return true;
  if (!headers.some(([name]) => name === 'x-by-body')) return false;
  return body === undefined ? undefined : String(body ?? '').includes('me');
};

/** A client, the splitter, a service behind a stream as the tunnel's, and a target behind TCP. */
export class Http2Stage {
  readonly service = new Answerer('service');
  readonly target = new Answerer('target');
  readonly #targetServer = net.createServer((socket) => {
    socket.on('error', () => undefined);
    this.target.take(socket);
  });
  readonly #door = net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    // As after a look at the first bytes.
    socket.once('data', (head: Buffer) => {
      socket.pause();
      this.#split(socket, head);
    });
    socket.resume();
  });
  readonly #clients: http2.ClientHttp2Session[] = [];

  async connect(options: http2.ClientSessionOptions = {}): Promise<http2.ClientHttp2Session> {
    await listen(this.#targetServer);
    await listen(this.#door);
    const client = http2.connect(`http://127.0.0.1:${portOf(this.#door)}`, options);
    client.on('error', () => undefined);
    this.#clients.push(client);
    await once(client, 'remoteSettings');
    return client;
  }

  close(): void {
    for (const client of this.#clients) client.destroy();
    this.#door.close();
    this.#targetServer.close();
  }

  #split(client: net.Socket, head: Buffer): void {
    new Http2Splitter({
      client,
      head,
      judge: isMine,
      openService: () => Promise.resolve().then(() => this.#dialService()),
      openTarget: () => this.#dialTarget(),
      refusal: () => 'kdev: no service',
    });
  }

  #dialService(): Duplex | undefined {
    if (this.service.isAbsent) return undefined;
    if (this.service.isRefusing) throw new Error('refused');
    const [near, far] = duplexPair();
    this.service.take(far);
    return near;
  }

  async #dialTarget(): Promise<Duplex> {
    if (this.target.isRefusing) throw new Error('refused');
    const socket = net.connect({
      port: portOf(this.#targetServer),
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }
}

async function listen(server: net.Server): Promise<void> {
  if (server.listening) return;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

function portOf(server: net.Server): number {
  const address = server.address();
  return address instanceof Object ? address.port : 0;
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: readonly string[];
  readonly informational: readonly (readonly string[])[];
  readonly body: Buffer;
  readonly trailers: readonly string[];
  readonly code: number;
}

/** All that comes back on a stream until it is closed. */
export async function readAnswer(stream: http2.ClientHttp2Stream): Promise<Answer> {
  const parts: Buffer[] = [];
  let status: number | undefined;
  let headers: readonly string[] = [];
  let trailers: readonly string[] = [];
  const informational: (readonly string[])[] = [];
  stream.on('error', () => undefined);
  stream.on('headers', (_headers, _flags, raw?: readonly string[]) =>
    informational.push(raw ?? []),
  );
  stream.on('response', (given, _flags, raw?: readonly string[]) => {
    status = given[':status'];
    headers = raw ?? [];
  });
  stream.on('trailers', (_headers, _flags, raw?: readonly string[]) => {
    trailers = raw ?? [];
  });
  stream.on('data', (chunk: Buffer) => parts.push(chunk));
  if (!stream.closed) await new Promise((resolve) => stream.on('close', resolve));
  const code = stream.rstCode;
  return { status, headers, informational, body: Buffer.concat(parts), trailers, code };
}

/** Who answers a request. */
export async function answererOf(
  client: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body?: string,
): Promise<string | undefined> {
  const stream = client.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const { headers: raw } = await readAnswer(stream);
  return raw[raw.indexOf('by') + 1];
}

export function pairs(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, at) => [
    raw[2 * at] ?? '',
    raw[2 * at + 1] ?? '',
  ]);
}
