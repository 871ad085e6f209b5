import { once } from 'node:events';
import net from 'node:net';
import { expect } from 'vitest';
import { compileFilter } from './matcher.ts';
import { RequestSplitter, type SplitOptions } from './request-splitter.ts';

/** One of the two sides in a test: what each of its connections received, and what it says to that. */
export class Side {
  /** The bytes of each connection, as latin1. */
  readonly received: string[] = [];
  readonly sockets: net.Socket[] = [];
  /** How each connection ended on this side. */
  readonly endings: string[] = [];
  readonly server: net.Server;

  /** Answers every time something comes: with all of the connection's bytes until now, and those not yet answered. */
  constructor(answer: (unanswered: string, socket: net.Socket) => string | undefined) {
    this.server = net.createServer({ allowHalfOpen: true }, (socket) => {
      const at = this.sockets.push(socket) - 1;
      this.received[at] = '';
      let unanswered = '';
      socket.on('data', (chunk) => {
        const text = chunk.toString('latin1');
        this.received[at] += text;
        unanswered += text;
        const words = answer(unanswered, socket);
        if (words === undefined) return;
        unanswered = '';
        socket.write(Buffer.from(words, 'latin1'));
      });
      socket.on('end', () => {
        this.endings[at] ??= 'end';
        socket.end();
      });
      socket.on('error', (error: NodeJS.ErrnoException) => {
        this.endings[at] = error.code ?? '?';
      });
    });
  }

  async listen(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  connect(): Promise<net.Socket> {
    const { port } = this.server.address() as net.AddressInfo;
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    socket.pause();
    return once(socket, 'connect').then(() => socket);
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

/** A client's connection, and what it has heard. */
class Talker {
  heard = '';
  ending: string | undefined;
  readonly socket: net.Socket;

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.heard += chunk.toString('latin1');
    });
    socket.on('end', () => {
      this.ending ??= 'end';
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.ending = error.code ?? '?';
    });
  }

  say(text: string): void {
    this.socket.write(Buffer.from(text, 'latin1'));
  }
}

/** Clients, a splitter for each of their connections, a service and a target, over loopback. Wanted are the requests of ada. */
class SplitterStage {
  readonly service: Side;
  readonly target: Side;
  readonly front: net.Server;
  readonly #talkers: Talker[] = [];

  constructor(sides: { service: Side; target: Side }, over: Partial<SplitOptions> = {}) {
    this.service = sides.service;
    this.target = sides.target;
    const judge = compileFilter({
      any: [{ header: { 'x-user': 'ada' } }, { body: { '$.user': 'ada' } }],
    });
    const options = { allowHalfOpen: true, pauseOnConnect: true, noDelay: true };
    this.front = net.createServer(options, (client) => {
      const splitter = new RequestSplitter({
        client,
        head: Buffer.alloc(0),
        judge,
        openService: () => this.service.connect(),
        openTarget: () => this.target.connect(),
        refusal: (error) => `refused: ${String(error)}`,
        ...over,
      });
      splitter.run().catch((error: unknown) => client.destroy(error as Error));
    });
  }

  async open(): Promise<this> {
    await this.service.listen();
    await this.target.listen();
    this.front.listen(0, '127.0.0.1');
    await once(this.front, 'listening');
    return this;
  }

  get port(): number {
    return (this.front.address() as net.AddressInfo).port;
  }

  async talk(text = ''): Promise<Talker> {
    const where = { port: this.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true };
    const talker = new Talker(net.connect(where));
    this.#talkers.push(talker);
    await once(talker.socket, 'connect');
    talker.say(text);
    return talker;
  }

  close(): void {
    for (const { socket } of this.#talkers) socket.destroy();
    this.front.close();
    this.service.close();
    this.target.close();
  }
}

/** A busy machine may take its time. */
export const SOON = { timeout: 15_000, interval: 5 };

const stages: SplitterStage[] = [];

export async function stageOf(
  service: Side,
  target: Side,
  over?: Partial<SplitOptions>,
): Promise<SplitterStage> {
  const stage = await new SplitterStage({ service, target }, over).open();
  stages.push(stage);
  return stage;
}

export function closeStages(): void {
  for (const stage of stages.splice(0)) stage.close();
}

/** A side that answers each head with its name and the request's path. */
export function echo(name: string): Side {
  return new Side((text) => {
    if (!text.endsWith('\r\n\r\n')) return undefined;
    const paths = [...text.matchAll(/^[A-Z]+ (\S+) HTTP/gm)].map(([, path]) => `${name}${path}`);
    return paths.map((words) => response(words)).join('');
  });
}

export function response(body: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

export function get(path: string, user = 'bob'): string {
  return `GET ${path} HTTP/1.1\r\nhOsT: orders\r\nX-User: ${user}\r\n\r\n`;
}

export async function hears(talker: Talker, text: string): Promise<void> {
  await expect.poll(() => talker.heard, SOON).toBe(text);
}
