import { createHash, randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint } from '../../src/protocol/messages.ts';
import { behaviours, type Greeting } from './sidecar-behaviours.ts';
import { datagramCommands } from './sidecar-datagrams.ts';
import { codeOf, endingOf, nameCommands } from './sidecar-names.ts';
import { serveCommands } from './sidecar-process.ts';

/** An ordinary program that knows nothing of kdev: the service, its neighbours, and servers of the cluster. */
const commands = {
  /** Serves TCP in one of the ways of sidecar-behaviours. */
  async serve(o: { address: string; port: number; how: keyof typeof behaviours; where?: string }) {
    const behave = behaviours[o.how];
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', (error: NodeJS.ErrnoException) => endings.push(error.code ?? ''));
      behave(socket, { where: o.where ?? '', note: (text) => endings.push(text) });
    });
    server.listen({ port: o.port, host: o.address, backlog: 4096 });
    servers.set(`${o.address} ${o.port}`, server);
    await once(server, 'listening');
  },

  unserve(o: { address: string; port: number }) {
    servers.get(`${o.address} ${o.port}`)?.close();
  },

  /** How accepted connections failed, and what `bye` read. */
  endings: () => endings,

  /** Connects, reads one line, ends properly. */
  async greet(o: { to: Endpoint; from?: Endpoint; timeoutMs?: number }): Promise<Greeted> {
    const { socket, ...outcome } = await connect(o);
    if (!socket) return outcome;
    const [line] = (await once(socket, 'data')) as [Buffer];
    socket.end();
    return { ...outcome, greeting: JSON.parse(String(line)) as Greeting };
  },

  /** Connects, sends a byte, and waits for how it ends. */
  async ending(o: { to: Endpoint }): Promise<{ code: string; ending: string }> {
    const { socket, ...outcome } = await connect(o);
    if (!socket) return { ...outcome, ending: '' };
    socket.write('?');
    socket.resume();
    return { ...outcome, ending: await endingOf(socket) };
  },

  /** Connects again and again, and counts how it fails or ends. */
  async endingsOf(o: { to: Endpoint; count: number }) {
    const endings: Record<string, number> = {};
    for (let i = 0; i < o.count; i++) {
      const { code, ending } = await commands.ending(o);
      const how = code || ending;
      endings[how] = (endings[how] ?? 0) + 1;
    }
    return endings;
  },

  /** Opens a connection to \`greet\` and keeps it; \`keptEnding\` waits for its end. */
  async keep(o: { to: Endpoint; from?: Endpoint }) {
    const { socket, ...outcome } = await connect(o);
    if (socket) {
      kept = endingOf(socket);
      socket.resume();
      await once(socket, 'data');
    }
    return outcome;
  },

  keptEnding: () => kept,

  /** Connects to nobody who answers, and gives up. */
  async giveUp(o: { to: Endpoint; afterMs: number }) {
    const socket = net.connect({ host: o.to.address, port: o.to.port });
    socket.on('error', () => undefined);
    await delay(o.afterMs);
    const { localPort } = socket;
    socket.destroy();
    return localPort ?? 0;
  },

  /** Sends random bytes to an echo and reads them back. */
  async echo(o: { to: Endpoint; bytes: number }) {
    const { socket } = await connect(o);
    if (!socket) throw new Error('not connected');
    const [hello] = (await once(socket, 'data')) as [Buffer];
    const [sent, received] = [createHash('sha256'), createHash('sha256')];
    const rest = hello.subarray(hello.indexOf('\n') + 1);
    received.update(rest);
    let count = rest.length;
    socket.on('data', (chunk: Buffer) => {
      count += chunk.length;
      received.update(chunk);
    });
    for (let left = o.bytes; left > 0; ) {
      const chunk = randomBytes(Math.min(left, 64 * 1024));
      left -= chunk.length;
      sent.update(chunk);
      if (!socket.write(chunk)) await once(socket, 'drain');
    }
    socket.end();
    const ending = await endingOf(socket);
    return { ending, count, equal: sent.digest('hex') === received.digest('hex') };
  },

  /** Sends, ends its side, and reads the answer that comes behind. */
  async send(o: { to: Endpoint; bytes: number }) {
    const { socket } = await connect(o);
    if (!socket) throw new Error('not connected');
    const hash = createHash('sha256');
    const read: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => read.push(chunk));
    for (let left = o.bytes; left > 0; ) {
      const chunk = randomBytes(Math.min(left, 256 * 1024));
      left -= chunk.length;
      hash.update(chunk);
      if (!socket.write(chunk)) await once(socket, 'drain');
    }
    socket.end();
    const ending = await endingOf(socket);
    return { ending, answer: String(Buffer.concat(read)), sent: hash.digest('hex') };
  },

  /** Waits for the other side's end, and sends behind it. */
  async sayLate(o: { to: Endpoint; bytes: number }) {
    const { socket } = await connect(o);
    if (!socket) throw new Error('not connected');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    await once(socket, 'end');
    socket.end(randomBytes(o.bytes));
    await once(socket, 'close');
    return { answer };
  },

  /** Many connects at once; counts how they went. */
  async burst(o: { to: Endpoint; count: number }) {
    const started = performance.now();
    const outcomes: Record<string, number> = {};
    const one = async () => {
      const { socket, code } = await connect(o);
      let outcome = code;
      if (socket) {
        await once(socket, 'data');
        socket.end();
        outcome = await endingOf(socket);
      }
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    };
    await Promise.all(Array.from({ length: o.count }, one));
    return { outcomes, ms: Math.round(performance.now() - started) };
  },

  /** `workers` connect, read the greeting and close, one connection after another, for a while. */
  async connectsASecond(o: { to: Endpoint; workers: number; seconds: number }) {
    const until = performance.now() + o.seconds * 1000;
    let connects = 0;
    let failed = 0;
    const work = async () => {
      while (performance.now() < until) {
        const { socket } = await connect(o);
        if (!socket) {
          failed++;
          continue;
        }
        await once(socket, 'data');
        socket.destroy();
        connects++;
      }
    };
    await Promise.all(Array.from({ length: o.workers }, work));
    return { connects: Math.round(connects / o.seconds), failed };
  },

  /** A datagram; the error of sending, or of the answer. */
  async datagram(o: { to: Endpoint; connected: boolean; waitMs?: number }) {
    const socket = dgram.createSocket(net.isIPv6(o.to.address) ? 'udp6' : 'udp4');
    try {
      return await new Promise<string>((resolve) => {
        const say = (error: Error | null) => error && resolve(codeOf(error));
        socket.on('error', say);
        socket.on('message', (message) => resolve(String(message)));
        setTimeout(() => resolve('silence'), o.waitMs ?? 500);
        if (!o.connected) socket.send('ping', o.to.port, o.to.address, say);
        else socket.connect(o.to.port, o.to.address, () => socket.send('ping', say));
      });
    } finally {
      socket.close();
    }
  },

  /** Connects, sends, and resets. */
  async cutOff(o: { to: Endpoint }) {
    const { socket } = await connect(o);
    if (!socket) throw new Error('not connected');
    await new Promise<void>((resolve) => socket.write('some bytes', () => resolve()));
    socket.resetAndDestroy();
  },

  /** Listens on a unix socket, reads to the end and says it all again behind a word. */
  async serveUnix(o: { path: string }) {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      const read: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => read.push(chunk));
      socket.on('end', () => socket.end(`whole: ${Buffer.concat(read)}`));
    });
    server.listen(o.path);
    await once(server, 'listening');
  },

  /** Connects to a unix socket, sends, ends its side and reads the answer. */
  async askUnix(o: { path: string; send: string }) {
    const socket = net.connect({ path: o.path, allowHalfOpen: true });
    const read: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => read.push(chunk));
    socket.on('error', () => undefined); // told by its ending
    socket.end(o.send);
    return { ending: await endingOf(socket), answer: String(Buffer.concat(read)) };
  },

  /** Answers every datagram with a word. */
  async serveDatagrams(o: { address: string; port: number; word: string }) {
    const socket = dgram.createSocket('udp4');
    socket.on('message', (_message, from) => socket.send(o.word, from.port, from.address));
    socket.bind(o.port, o.address);
    await once(socket, 'listening');
  },

  ...nameCommands,
  ...datagramCommands,
};

export type Commands = typeof commands;

export interface Greeted {
  readonly code: string;
  readonly ms: number;
  readonly greeting?: Greeting;
}

const servers = new Map<string, net.Server>();
const endings: string[] = [];
let kept: Promise<string> = Promise.resolve('');

async function connect(o: { to: Endpoint; from?: Endpoint; timeoutMs?: number }) {
  const started = performance.now();
  const ms = () => Math.round(performance.now() - started);
  const socket = net.connect({
    host: o.to.address,
    port: o.to.port,
    allowHalfOpen: true,
    ...(o.from ? { localAddress: o.from.address, localPort: o.from.port } : {}),
  });
  socket.on('error', () => undefined);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(o.timeoutMs ?? 30_000) });
    return { socket, code: '', ms: ms() };
  } catch (error) {
    socket.destroy();
    return { code: codeOf(error), ms: ms() };
  }
}

serveCommands(commands);
