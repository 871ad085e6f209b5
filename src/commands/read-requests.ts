import http from 'node:http';
import { Duplex, type Readable } from 'node:stream';
import type { Endpoint } from '../protocol/messages.ts';

/** Where a connection comes from and goes to. */
export interface Ends {
  readonly from: Endpoint;
  readonly to: Endpoint;
}

/** What is printed of a connection. */
export type Seen = Ends & { readonly at: Date } & (
    | {
        readonly kind: 'request';
        readonly method: string;
        /** As it stands in the request's first line. */
        readonly target: string;
        readonly version: string;
        /** In their order, names as they were sent. */
        readonly headers: readonly (readonly [name: string, value: string])[];
        /** The first 64 KiB. */
        readonly body: Buffer;
        readonly bodyBytes: number;
        /** Whether the connection ended before the body did. */
        readonly isCut: boolean;
      }
    /** Of a connection that is no HTTP/1, and of what follows an upgrade. */
    | { readonly kind: 'bytes'; readonly bytes: Buffer }
    | { readonly kind: 'end'; readonly how: 'end' | string }
  );

const BODY_MAX_BYTES = 64 * 1024;
const HEAD_MAX_BYTES = 64 * 1024;
/** What may yet become the method of a request. */
const METHOD_BEGINS = /^[A-Z-]{0,20}$/;

/**
 * Reads requests from copies of what clients send. Node's own parser takes them apart, as lenient as it can be: this is to look at.
 * What it does not take is shown as bytes.
 */
export class RequestReader {
  readonly #onSeen: (seen: Seen) => void;
  readonly #now: () => Date;
  readonly #server: http.Server;

  constructor(onSeen: (seen: Seen) => void, now: () => Date) {
    this.#onSeen = onSeen;
    this.#now = now;
    this.#server = http.createServer({
      insecureHTTPParser: true,
      requireHostHeader: false,
      maxHeaderSize: HEAD_MAX_BYTES,
      headersTimeout: 0,
      requestTimeout: 0,
      keepAliveTimeout: 0,
    });
    this.#server.timeout = 0;
    for (const event of ['request', 'checkContinue', 'checkExpectation']) {
      this.#server.on(event, (request: http.IncomingMessage, response: http.ServerResponse) => {
        this.#readBody(request, response);
      });
    }
    for (const event of ['upgrade', 'connect']) {
      this.#server.on(event, (request: http.IncomingMessage, socket: Duplex, head: Buffer) => {
        this.#tell(request, { body: Buffer.alloc(0), bodyBytes: 0, isCut: false });
        if (head.length > 0) socket.unshift(head);
        this.#showBytes(socket, endsOf(socket));
      });
    }
    this.#server.on('clientError', (error: Error & { rawPacket?: Buffer }, socket: Duplex) => {
      const { rawPacket } = error;
      if (rawPacket) this.#see(endsOf(socket), { kind: 'bytes', bytes: Buffer.from(rawPacket) });
      socket.destroy();
    });
  }

  /** Takes a connection's copy. */
  async read(stream: Readable, ends: Ends): Promise<void> {
    const { head, isRequest } = await readBeginning(stream);
    if (isRequest) {
      this.#server.emit('connection', new ClientBytes(stream, { ends, head }));
      return;
    }
    if (head.length > 0) this.#see(ends, { kind: 'bytes', bytes: head });
    this.#showBytes(stream, ends);
  }

  #readBody(request: http.IncomingMessage, response: http.ServerResponse): void {
    const kept: Buffer[] = [];
    let bodyBytes = 0;
    request.on('data', (chunk: Buffer) => {
      if (bodyBytes < BODY_MAX_BYTES) kept.push(chunk.subarray(0, BODY_MAX_BYTES - bodyBytes));
      bodyBytes += chunk.length;
    });
    request.on('error', () => undefined); // seen by its close
    request.once('close', () => {
      const body = Buffer.concat(kept);
      this.#tell(request, { body, bodyBytes, isCut: !request.complete });
    });
    // Nobody reads the answer: it lets the parser go on to the next request.
    request.once('end', () => response.end());
  }

  #tell(
    request: http.IncomingMessage,
    body: { readonly body: Buffer; readonly bodyBytes: number; readonly isCut: boolean },
  ): void {
    const { method = '', url = '', httpVersion, rawHeaders } = request;
    const headers = rawHeaders.flatMap((name, at) =>
      at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : [],
    );
    const head = { method, target: url, version: httpVersion, headers };
    this.#see(endsOf(request.socket), { kind: 'request', ...head, ...body });
  }

  #showBytes(stream: Readable, ends: Ends): void {
    let how = 'ECONNRESET';
    stream.on('data', (chunk: Buffer) => {
      this.#see(ends, { kind: 'bytes', bytes: Buffer.from(chunk) });
    });
    stream.on('error', (error: NodeJS.ErrnoException) => {
      how = error.code ?? how;
    });
    const end = () => {
      stream.off('end', end).off('close', end);
      this.#see(ends, { kind: 'end', how: stream.readableEnded ? 'end' : how });
    };
    if (stream.readableEnded || stream.closed) end();
    else stream.on('end', end).on('close', end).resume();
  }

  #see(ends: Ends, what: WithoutEnds<Seen>): void {
    this.#onSeen({ at: this.#now(), from: ends.from, to: ends.to, ...what });
  }
}

type WithoutEnds<T> = T extends Ends ? Omit<T, keyof Ends | 'at'> : never;

/** A connection as Node's server wants it: the client's bytes to read, and a bottomless place for the answers. */
class ClientBytes extends Duplex {
  readonly ends: Ends;
  readonly #source: Readable;

  constructor(source: Readable, { ends, head }: { readonly ends: Ends; readonly head: Buffer }) {
    super();
    this.ends = ends;
    this.#source = source;
    this.push(head);
    source.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) source.pause();
    });
    source.on('end', () => this.push(null));
    source.on('error', () => undefined); // seen by its close
    source.on('close', () => {
      if (!source.readableEnded) this.destroy();
    });
  }

  override _read(): void {
    this.#source.resume();
  }

  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    done();
  }
}

function endsOf(socket: unknown): Ends {
  if (socket instanceof ClientBytes) return socket.ends;
  throw new Error('not a connection of this reader');
}

/** Reads as many of the first bytes as it takes to know. */
async function readBeginning(stream: Readable) {
  let head: Buffer = Buffer.alloc(0);
  const isRequest = await new Promise<boolean>((resolve) => {
    const decide = (judgement: boolean) => {
      stream.off('readable', look).off('end', stop).off('close', stop);
      resolve(judgement);
    };
    const look = () => {
      const chunk: Buffer | null = stream.read();
      if (chunk) head = Buffer.concat([head, chunk]);
      const text = head.toString('latin1', 0, 64);
      if (METHOD_BEGINS.test(text)) return;
      decide(http.METHODS.includes(text.slice(0, Math.max(0, text.indexOf(' ')))));
    };
    const stop = () => decide(false);
    stream.on('readable', look).on('end', stop).on('close', stop);
  });
  return { head, isRequest };
}
