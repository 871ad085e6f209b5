import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import type { Endpoint } from '../../src/protocol/messages.ts';
import { answerHttp } from './answer-http.ts';
import { serveCommands } from './sidecar-process.ts';

/** A client of the target that keeps its connections, and a target that tells what it received. */
const commands = {
  /** Opens a connection and keeps it; answers its number. */
  async hold(to: Endpoint) {
    const socket = net.connect({ host: to.address, port: to.port, noDelay: true });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return held.push(new Conversation(socket)) - 1;
  },

  /** Sends on a kept connection and answers what has come since the last time, once it holds `until`. */
  say: async (o: { on: number; text: string; until: string }) =>
    (await held[o.on]?.say(o.text, o.until)) ?? '',

  /** Ends a kept connection. */
  async leave(on: number) {
    const socket = held[on]?.socket;
    socket?.end();
    if (socket && !socket.closed) await once(socket, 'close');
  },

  resetHeld(on: number) {
    held[on]?.socket.resetAndDestroy();
  },

  /** A server of HTTP/1.1 that answers each request with its path and what it received. */
  async serveHttp(o: { address: string; port: number; where: string }) {
    const server = net.createServer((socket) => answerHttp(socket, o.where));
    server.listen(o.port, o.address);
    await once(server, 'listening');
  },

  /** Sends bytes on a kept connection; answers the digest of all that was sent so. */
  async pump(o: { on: number; bytes: number }) {
    const socket = held[o.on]?.socket;
    for (let left = o.bytes; socket && left > 0; ) {
      const part = randomBytes(Math.min(left, 65_536));
      left -= part.length;
      pumped.update(part);
      if (!socket.write(part)) await once(socket, 'drain');
    }
    return pumped.copy().digest('hex');
  },

  /** How many bytes the kernel has taken of a kept connection. */
  sent(on: number) {
    const socket = held[on]?.socket;
    return socket ? socket.bytesWritten - socket.writableLength : 0;
  },

  /** Connections that are open at once, each with requests one after another; how many were answered, and by whom. */
  async ask(o: { to: Endpoint; connections: number; requests: number }) {
    const answers: Record<string, number> = {};
    const one = async () => {
      const on = await commands.hold(o.to);
      for (let index = 0; index < o.requests; index++) {
        const text = `GET /${index} HTTP/1.1\r\nHost: x\r\n\r\n`;
        const answer = await commands.say({ on, text, until: ` /${index}` });
        const [who = ''] = answer.split('\r\n\r\n')[1]?.split(' ') ?? [];
        answers[who] = (answers[who] ?? 0) + 1;
      }
      return on;
    };
    const open = await Promise.all(Array.from({ length: o.connections }, one));
    await Promise.all(open.map((on) => commands.leave(on)));
    return answers;
  },

  /** Ends its side of a kept connection and reads to the other's end. */
  async finish(on: number) {
    held[on]?.socket.end();
    return (await held[on]?.say('', '\0')) ?? '';
  },

  /** Requests one after another on one connection; their times in microseconds. */
  async latencies(o: { to: Endpoint; count: number }) {
    const socket = net.connect({ host: o.to.address, port: o.to.port, noDelay: true });
    await once(socket, 'connect');
    const times: number[] = [];
    for (let index = 0; index < o.count; index++) {
      const startedMs = performance.now();
      socket.write(`GET /${index} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await once(socket, 'data');
      times.push(Math.round((performance.now() - startedMs) * 1000));
    }
    socket.destroy();
    times.sort((a, b) => a - b);
    return { p50: times[count(times, 0.5)] ?? 0, p99: times[count(times, 0.99)] ?? 0 };
  },
};

export type ClientCommands = typeof commands;

const held: Conversation[] = [];
const pumped = createHash('sha256');

class Conversation {
  readonly socket: net.Socket;
  #text = '';

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.setMaxListeners(0); // each wait leaves one behind
    socket.on('data', (chunk) => {
      this.#text += chunk.toString('latin1');
    });
  }

  async say(text: string, until: string): Promise<string> {
    if (text) this.socket.write(text);
    while (!this.#text.includes(until) && !this.socket.closed) {
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]);
    }
    const heard = this.#text;
    this.#text = '';
    return heard;
  }
}

function count(times: readonly number[], share: number): number {
  return Math.min(times.length - 1, Math.floor(times.length * share));
}

serveCommands(commands);
