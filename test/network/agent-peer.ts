import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import type { Api, Endpoint, Method } from '../../src/protocol/messages.ts';
import { join } from '../../src/relay/join.ts';
import { connectLink } from '../../src/tunnel/connect-link.ts';
import type { Link } from '../../src/tunnel/link.ts';
import { Mux } from '../../src/tunnel/mux.ts';
import { type Role, securePipe } from '../../src/tunnel/secure-pipe.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';
import { answerHttp } from './answer-http.ts';
import { serveCommands } from './sidecar-process.ts';

export interface Knock {
  readonly role: Role;
  /** As an HTTP upgrade, or as it is. */
  readonly how: 'upgrade' | 'raw';
  readonly to: Endpoint;
  readonly keyId: string;
  readonly secret: string;
}

/** What becomes of a connection that the agent offers. */
export type Service =
  | 'greet'
  | 'refuse'
  | 'ignore'
  | 'reset'
  | 'bye'
  | 'digest'
  /** A server on the same port beside the peer. */
  | 'forward'
  | 'stall'
  | 'http'
  | 'crawl'
  | 'sink';

export interface MirroredFlow {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly joined: boolean;
  readonly bytes: number;
  readonly sha256: string;
  /** The first bytes. */
  readonly text: string;
  readonly ended: string;
}

/** The other end of the agent's tunnel, in the sidecar's and the session's place: the real tunnel, and a service that does as told. */
const commands = {
  async connect(knock: Knock) {
    const link = connectLink((signal) => dial(knock, signal));
    const mux = new Mux(link, { side: 'caller' });
    peers.set(knock.role, { link, mux });
    mux.onStream = (stream) => take(stream);
    mux.handle('sidecar.notice', ({ text }) => {
      notices.push(text);
      return Promise.resolve({ body: {} });
    });
    await Promise.race([mux.peer, mux.closed]);
  },

  /** Cuts the pipe; no new one is made until `restore`. */
  cut() {
    isCut = true;
    for (const pipe of pipes) pipe.destroy();
  },
  restore() {
    isCut = false;
  },

  async call(o: { role: Role; method: Method; args: unknown; tail?: string }) {
    const args = o.args as Api['agent.status']['args'];
    const options = { tail: Buffer.from(o.tail ?? '', 'hex'), timeoutMs: 20_000 };
    const { body, tail } = await mux(o.role).call(o.method as 'agent.status', args, options);
    const plain = JSON.stringify(body, (_key, value) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
    return { body: JSON.parse(plain) as unknown, tail: tail.toString('hex') };
  },

  service(kind: Service) {
    service = kind;
  },
  /** With what `http` begins its answers. */
  callService(name: string) {
    serviceName = name;
  },
  offered: () => offered,
  rss: () => process.memoryUsage.rss(),
  notices: () => notices,
  mirrored: (): MirroredFlow[] => mirrored.map((flow) => ({ ...flow, ...digestOf(flow.hash) })),
  forgetMirrored: () => void mirrored.splice(0),

  /** Waits until the role's mux has ended; its error. */
  closed: async (role: Role) => (await mux(role).closed)?.message ?? '',

  /** Dials through the agent: sends, ends, and reads all that comes back. */
  async dial(o: { to: Endpoint; send?: string; endFirst?: boolean }) {
    const stream = mux('sidecar').open({ kind: 'outgoing.tcp', to: o.to });
    stream.on('error', () => undefined);
    const startedMs = performance.now();
    const code = await stream.accepted.then(
      () => '',
      (error: NodeJS.ErrnoException) => error.code ?? '?',
    );
    const ms = Math.round(performance.now() - startedMs);
    if (code) return { code, ms, answer: '' };
    stream.write(o.send ?? '');
    if (o.endFirst !== false) stream.end();
    return { code, ms, answer: String(await readAll(stream)) };
  },

  /** Sends bytes through the agent to an echo and reads them back. */
  async dialEcho(o: { to: Endpoint; bytes: number }) {
    const stream = mux('sidecar').open({ kind: 'outgoing.tcp', to: o.to });
    const hashes = { sent: createHash('sha256'), received: createHash('sha256') };
    let received = 0;
    let skip = true;
    stream.on('data', (chunk: Buffer) => {
      // The greeting is one line.
      const rest = skip ? chunk.subarray(chunk.indexOf('\n') + 1) : chunk;
      skip = false;
      received += rest.length;
      hashes.received.update(rest);
    });
    for (let left = o.bytes; left > 0; ) {
      const chunk = Buffer.alloc(Math.min(left, 65_536), left & 0xff);
      left -= chunk.length;
      hashes.sent.update(chunk);
      if (!stream.write(chunk)) await once(stream, 'drain');
    }
    stream.end();
    await once(stream, 'end');
    return { received, equal: hashes.sent.digest('hex') === hashes.received.digest('hex') };
  },

  /** Connects to the agent's door, sends bytes, and reads what comes until the end or the deadline. */
  async knock(o: { to: Endpoint; hex: string; waitMs: number }) {
    const socket = net.connect({ host: o.to.address, port: o.to.port });
    const read: Buffer[] = [];
    socket.on('data', (chunk) => read.push(chunk));
    socket.on('error', () => undefined);
    const closed = once(socket, 'close').then(() => 'closed');
    socket.write(Buffer.from(o.hex, 'hex'));
    const late = new Promise<string>((resolve) => setTimeout(() => resolve('open'), o.waitMs));
    const state = await Promise.race([closed, late]);
    socket.destroy();
    return { state, text: String(Buffer.concat(read)) };
  },

  /** Opens connections to the door that say nothing, and keeps them; how many are open after a moment. */
  async loiter(o: { to: Endpoint; count: number }) {
    const sockets = Array.from({ length: o.count }, () =>
      net.connect({ host: o.to.address, port: o.to.port }).on('error', () => undefined),
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    const open = sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
    for (const socket of sockets) socket.destroy();
    return open;
  },
};

export type PeerCommands = typeof commands;

const peers = new Map<Role, { readonly link: Link; readonly mux: Mux }>();
const pipes = new Set<Duplex>();
const notices: string[] = [];
const offered: { from: Endpoint; to: Endpoint; mode: string }[] = [];
const mirrored: {
  from: Endpoint;
  to: Endpoint;
  joined: boolean;
  bytes: number;
  text: string;
  ended: string;
  hash: Hash;
}[] = [];
let service: Service = 'greet';
let serviceName = 'service';
let isCut = false;

function mux(role: Role): Mux {
  const peer = peers.get(role);
  if (!peer) throw new Error(`no link as ${role}`);
  return peer.mux;
}

async function dial({ role, how, to, keyId, secret }: Knock, signal: AbortSignal): Promise<Duplex> {
  if (isCut) throw new Error('cut');
  const socket = net.connect({ host: to.address, port: to.port, noDelay: true });
  await once(socket, 'connect', { signal });
  pipes.add(socket);
  socket.on('error', () => undefined);
  socket.on('close', () => pipes.delete(socket));
  if (how === 'upgrade') await upgrade(socket);
  const key = { id: keyId, secret: Buffer.from(secret, 'hex') };
  return securePipe(socket, role, key, signal);
}

async function upgrade(socket: net.Socket): Promise<void> {
  socket.write('GET / HTTP/1.1\r\nHost: pod\r\nConnection: Upgrade\r\nUpgrade: kdev\r\n\r\n');
  const [head] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  if (!String(head).startsWith('HTTP/1.1 101 ')) throw new Error(`no upgrade: ${head}`);
}

function take(stream: MuxStream): void {
  const { info } = stream;
  stream.on('error', () => undefined);
  if (info.kind !== 'incoming.tcp') throw new Error('agents open no such stream');
  offered.push({ from: info.from, to: info.to, mode: info.mode });
  if (service === 'ignore') return;
  if (service === 'refuse') {
    stream.reset('ECONNREFUSED');
    return;
  }
  stream.accept();
  if (info.mode === 'mirror') watchMirrored(stream, info);
  else serve(stream, info);
}

function serve(stream: MuxStream, { from, to }: { from: Endpoint; to: Endpoint }): void {
  switch (service) {
    case 'reset':
      stream.reset('ECONNRESET');
      break;
    case 'bye':
      stream.end('bye');
      stream.resume();
      break;
    case 'http':
      answerHttp(stream, serviceName);
      break;
    case 'crawl':
      crawl(stream);
      break;
    case 'sink':
      sink(stream);
      break;
    case 'forward':
      forward(stream, to.port);
      break;
    case 'digest':
      digest(stream).catch(() => undefined);
      break;
    default:
      stream.write(`${JSON.stringify({ where: 'service', local: to, peer: from })}\n`);
      stream.pipe(stream);
  }
}

/** Reads 1 KiB a second. */
function crawl(stream: MuxStream): void {
  const timer = setInterval(() => stream.read(1024), 1000);
  stream.on('close', () => clearInterval(timer));
}

/** Takes a request with a counted body and answers how many bytes came, head included. */
function sink(stream: MuxStream): void {
  let count = 0;
  let wanted: number | undefined;
  stream.on('data', (chunk: Buffer) => {
    const text = chunk.toString('latin1', 0, wanted === undefined ? 4096 : 0);
    wanted ??= Number(/content-length: (\d+)/i.exec(text)?.[1]) + text.indexOf('\r\n\r\n') + 4;
    count += chunk.length;
    if (count < wanted) return;
    const body = `took ${count}`;
    stream.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  });
  stream.on('end', () => stream.end());
}

function forward(stream: MuxStream, port: number): void {
  const socket = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.once('connect', () => join(socket, stream, () => undefined));
}

async function digest(stream: MuxStream): Promise<void> {
  const bytes = await readAll(stream);
  stream.end(`${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`);
}

function watchMirrored(
  stream: MuxStream,
  info: { from: Endpoint; to: Endpoint; joined?: boolean },
): void {
  const { from, to, joined = false } = info;
  const hash = createHash('sha256');
  const flow = { from, to, joined, bytes: 0, text: '', ended: '', hash };
  mirrored.push(flow);
  stream.write('HTTP/1.1 500 from the service\r\n\r\n');
  if (service === 'stall') return;
  stream.on('data', (chunk: Buffer) => {
    flow.bytes += chunk.length;
    if (flow.text.length < 4096) flow.text += chunk.toString('latin1', 0, 4096);
    hash.update(chunk);
  });
  stream.on('end', () => {
    flow.ended = 'end';
    stream.end();
  });
  stream.on('error', (error: NodeJS.ErrnoException) => {
    flow.ended = error.code ?? '?';
  });
}

function digestOf(hash: Hash): { sha256: string; hash: undefined } {
  return { sha256: hash.copy().digest('hex'), hash: undefined };
}

/** Not by iteration, which destroys a stream whose other half is still wanted. */
async function readAll(stream: Duplex): Promise<Buffer> {
  const read: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => read.push(chunk));
  await once(stream, 'end');
  return Buffer.concat(read);
}

serveCommands(commands);
