import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { errnoError } from '../../src/protocol/errno.ts';
import type { SessionKey } from '../../src/protocol/preamble.ts';
import { acceptSecurePipe, type Role } from '../../src/tunnel/secure-pipe.ts';

/** Connections of nobody known at once; one more is closed without a word. */
const STRANGERS_MAX = 8;
/** From the first byte of TCP to the proof of the key. */
const HANDSHAKE_MS = 10_000;
/** A request of the API server's proxy for an upgrade, with all that it adds. */
const HEADER_MAX_BYTES = 16 * 1024;
const highWaterMark = 64 * 1024;

const ANSWER = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: kdev\r\n\r\n';

export interface DoorOptions {
  readonly port: number;
  /** The pod's own address, on which the API server's proxy knocks. */
  readonly podAddress: string;
  readonly key: SessionKey;
  readonly onPipe: (pipe: Duplex, role: Role) => void;
  readonly onRefused: (why: string) => void;
}

/**
 * Where pipes to the agent arrive, in the agent's own network namespace: on loopback as they are (port-forward), on the pod's address as
 * an HTTP/1.1 upgrade to `kdev` (pods/proxy). Nothing is parsed beyond that before the peer has proved that it holds the session's key.
 */
export class Door {
  readonly #options: DoorOptions;
  readonly #strangers = new Set<net.Socket>();
  readonly #raw: net.Server;
  readonly #http: http.Server;

  private constructor(options: DoorOptions) {
    this.#options = options;
    this.#raw = net.createServer({ noDelay: true, highWaterMark }, (socket) => {
      if (this.#admit(socket)) this.#secure(socket, socket);
    });
    this.#http = http.createServer({
      noDelay: true,
      highWaterMark,
      maxHeaderSize: HEADER_MAX_BYTES,
      headersTimeout: HANDSHAKE_MS,
      requestTimeout: HANDSHAKE_MS,
    });
    this.#http.on('connection', (socket) => this.#admit(socket));
    this.#http.on('request', (_request, response) => {
      response.writeHead(426, { Connection: 'close', Upgrade: 'kdev' }).end();
    });
    this.#http.on('upgrade', (request, pipe, head) => this.#upgrade(request, pipe, head));
  }

  static async open(options: DoorOptions): Promise<Door> {
    const door = new Door(options);
    door.#raw.listen({ host: '127.0.0.1', port: options.port });
    await once(door.#raw, 'listening');
    if (options.podAddress !== '127.0.0.1') {
      door.#http.listen({ host: options.podAddress, port: options.port });
      await once(door.#http, 'listening');
    }
    return door;
  }

  close(): void {
    this.#raw.close();
    this.#http.close();
    for (const socket of this.#strangers) socket.destroy();
  }

  /** Whether there is room for a stranger. One that has not shown its key in time is closed. */
  #admit(socket: net.Socket): boolean {
    socket.on('error', () => undefined); // seen by its close
    if (this.#strangers.size >= STRANGERS_MAX) {
      socket.destroy();
      return false;
    }
    this.#strangers.add(socket);
    const timer = setTimeout(() => {
      if (this.#strangers.has(socket)) socket.destroy();
    }, HANDSHAKE_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      this.#strangers.delete(socket);
    });
    return true;
  }

  #upgrade({ headers, socket }: http.IncomingMessage, pipe: Duplex, head: Buffer): void {
    if (headers.upgrade?.toLowerCase() !== 'kdev') {
      pipe.end('HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nUpgrade: kdev\r\n\r\n');
      return;
    }
    pipe.write(ANSWER);
    if (head.length > 0) pipe.unshift(head);
    this.#secure(pipe, socket);
  }

  #secure(pipe: Duplex, socket: net.Socket): void {
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort(errnoError('ETIMEDOUT', 'no handshake in time'));
    }, HANDSHAKE_MS);
    acceptSecurePipe(pipe, this.#options.key, late.signal)
      .then(
        (secured) => {
          this.#strangers.delete(socket);
          this.#options.onPipe(secured.pipe, secured.role);
        },
        (error: unknown) => this.#options.onRefused(String(error)),
      )
      .finally(() => clearTimeout(timer));
  }
}
