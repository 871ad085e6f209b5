import net from 'node:net';
import { frame } from './ask-near.ts';

/** RFC 7766 section 6.2.3 asks for seconds; resolvers close by themselves. */
const IDLE_MS = 30_000;
const CONNECTIONS_MAX = 256;
/** Questions of one connection under way; the next are read when one is answered. */
const PIPELINED_MAX = 32;

type Answer = (query: Buffer) => Promise<Buffer | undefined>;

/** A server of DNS over TCP: messages with their lengths before them, pipelined, answered as they come (RFC 7766). */
export function serveTcp(answer: Answer): net.Server {
  const options = { allowHalfOpen: true, noDelay: true };
  const server = net.createServer(options, (socket) => serveConnection(socket, answer));
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

/** Ends when the client has ended and has its answers, is idle, or when a question gets none: TCP has no silence. */
function serveConnection(socket: net.Socket, answer: Answer): void {
  const questions = new Questions();
  let underWay = 0;
  let ended = false;
  const settle = (message: Buffer | undefined) => {
    underWay--;
    if (message === undefined) socket.destroy();
    if (socket.destroyed) return;
    if (message) socket.write(frame(message));
    socket.resume();
    ask();
  };
  const ask = () => {
    while (underWay < PIPELINED_MAX) {
      const query = questions.shift();
      if (query === undefined) break;
      underWay++;
      answer(query).then(settle, () => settle(undefined));
    }
    if (underWay >= PIPELINED_MAX) socket.pause();
    if (ended && underWay === 0) socket.end();
  };
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on('error', () => undefined); // 'close' follows
  socket.on('data', (chunk: Buffer) => {
    questions.push(chunk);
    ask();
  });
  socket.on('end', () => {
    ended = true;
    ask();
  });
}

/** Cuts a byte stream into messages. Holds one message at most, and what came with it. */
export class Questions {
  #bytes: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
  }

  /** The next whole message, if there is one. */
  shift(): Buffer | undefined {
    if (this.#bytes.length < 2) return undefined;
    const end = 2 + this.#bytes.readUInt16BE(0);
    if (this.#bytes.length < end) return undefined;
    const message = Buffer.from(this.#bytes.subarray(2, end));
    this.#bytes = this.#bytes.subarray(end);
    return message;
  }
}
