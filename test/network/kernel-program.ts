import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import type { Endpoint } from '../../src/kernel/endpoint.ts';
import { listeningPorts } from '../../src/kernel/listening.ts';
import { enterNetworkNamespace } from '../../src/kernel/namespaces.ts';
import { PacketQueue, type Verdict } from '../../src/kernel/nfqueue.ts';
import { NftTable } from '../../src/kernel/nftables.ts';
import { PacketRing } from '../../src/kernel/packet-ring.ts';
import { addFallbackDefaultRoute, PolicyRouting } from '../../src/kernel/policy-routing.ts';
import { QueueTable } from '../../src/kernel/queue-table.ts';
import {
  type ConnectOptions,
  connectFrom,
  listenTransparent,
  originalDestination,
  resetOnClose,
} from '../../src/kernel/sockets.ts';
import {
  flowKey,
  parseTcpSegment,
  segmentEndpoints,
  TCP_RST,
  TCP_SYN,
} from '../../src/kernel/tcp-packet.ts';

/** What an accepted connection says of itself. */
export interface Greeting {
  readonly local: Endpoint;
  readonly peer: Endpoint;
  readonly original: Endpoint | string;
}

export interface Connected {
  readonly code: string;
  readonly ms: number;
  readonly greeting?: Greeting;
}

/** How a held SYN is judged: by destination port. */
export interface Judgement {
  readonly port: number;
  readonly afterMs: number;
  readonly verdict: Verdict;
  readonly mark?: number;
}

export interface Flow {
  readonly bytes: number;
  readonly sha256: string;
  /** Pieces that still wait for earlier bytes. */
  readonly early: number;
  readonly largest: number;
}

const kept: unknown[] = [];
const servers: net.Server[] = [];
const endings: string[] = [];
const held: { from: Endpoint; to: Endpoint; flags: number; uid: number | undefined }[] = [];
let table: NftTable | undefined;
let ring: PacketRing | undefined;
let flows = new Map<string, Reassembly>();

/** Bytes of one direction in their order; what comes early waits for what is missing. */
class Reassembly {
  next: number;
  bytes = 0;
  largest = 0;
  readonly hash: Hash = createHash('sha256');
  readonly early = new Map<number, Buffer>();

  constructor(next: number) {
    this.next = next;
  }

  add(sequence: number, payload: Buffer): void {
    this.largest = Math.max(this.largest, payload.length);
    if (((this.next - sequence) | 0) < 0) {
      if (payload.length > 0) this.early.set(sequence, Buffer.from(payload));
      return;
    }
    this.take(sequence, payload);
    for (const [start, bytes] of this.early) {
      if (((this.next - start) | 0) < 0) continue;
      this.early.delete(start);
      this.take(start, bytes);
    }
  }

  take(sequence: number, payload: Buffer): void {
    const seen = (this.next - sequence) | 0;
    if (seen >= payload.length) return;
    this.hash.update(payload.subarray(seen));
    this.next = (sequence + payload.length) >>> 0;
    this.bytes += payload.length - seen;
  }
}

const commands = {
  capabilities: () => /CapEff:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '',

  addresses: () =>
    Object.values(os.networkInterfaces()).flatMap((list) => list?.map((one) => one.address) ?? []),

  table(o: { name: string; content: string }) {
    table ??= new NftTable(o.name);
    table.replace(o.content);
    return table.run(`list table inet ${o.name}`);
  },

  nft: (script: string) => table?.run(script) ?? '',
  closeTable: () => table?.close(),

  queueTable(o: { name: string; mark: number; queue: number }) {
    const made = new QueueTable(o);
    kept.push(made);
    return made.means;
  },

  /** A table without owner. */
  persist(script: string) {
    const maker = new NftTable('kdev_maker');
    maker.run(script);
    maker.close();
  },

  routing(o: { mark: number; table: number; preference: number }) {
    const made = new PolicyRouting(o);
    kept.push(made);
    return made.ipv6;
  },

  closeRouting() {
    for (const one of kept) if (one instanceof PolicyRouting) one.close();
  },

  fallbackRoute: () => addFallbackDefaultRoute(),

  judge(o: { queue: number; judgements: Judgement[] }) {
    const queue = new PacketQueue(o.queue, (packet) => {
      const segment = parseTcpSegment(packet.payload);
      if (segment === undefined) return queue.verdict(packet.id, 'drop');
      const ends = segmentEndpoints(packet.payload, segment);
      held.push({ ...ends, flags: segment.flags, uid: packet.uid });
      const judged = held.filter((one) => one.from.port === ends.from.port).length;
      const known = o.judgements.filter((one) => one.port === ends.to.port);
      const judgement = known[Math.min(judged, known.length) - 1];
      if (judgement === undefined) return;
      const pass = (): void => queue.verdict(packet.id, judgement.verdict, judgement.mark);
      setTimeout(pass, judgement.afterMs);
    });
    kept.push(queue);
  },

  held: () => held,
  stopJudging() {
    for (const one of kept) if (one instanceof PacketQueue) one.close();
  },

  /** Every accepted connection is greeted with what it says of itself, then echoes. */
  async listen(o: { address: string; port: number; transparent?: boolean }) {
    const server = net.createServer({ allowHalfOpen: true }, greet);
    servers.push(server);
    if (o.transparent) server.listen({ fd: listenTransparent(o.address, o.port) });
    else server.listen(o.port, o.address);
    await once(server, 'listening');
    const bound = server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : 0;
  },

  /** As a program that knows nothing of kdev would. */
  connect: (to: Endpoint & { patienceMs?: number }) =>
    outcome(() => net.connect(to.port, to.address), to.patienceMs),
  connectFrom: (o: ConnectOptions) => outcome(() => connectFrom(o)),

  /** How the connections that this program made have ended so far: an errno's name, or 'end'. */
  endings: () => endings,

  /** Reads everything that one connection sends; answers its digest. */
  async receive(port: number) {
    const server = net.createServer();
    server.listen(port, '::');
    const [socket] = (await once(server, 'connection')) as [net.Socket];
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    server.close();
    return { bytes, sha256: hash.digest('hex') };
  },

  async send(o: { to: Endpoint; megabytes: number }) {
    const socket = net.connect(o.to.port, o.to.address);
    await once(socket, 'connect');
    const chunk = Buffer.alloc(1 << 20);
    for (let sent = 0; sent < o.megabytes; sent++) {
      chunk.writeUInt32BE(sent, 0);
      for (let at = 4; at < chunk.length; at += 4096)
        chunk.writeUInt32BE((at * 31 + sent) >>> 0, at);
      if (!socket.write(Buffer.from(chunk))) await once(socket, 'drain');
    }
    socket.end();
    await once(socket, 'close');
  },

  ring(ports: number[]) {
    flows = new Map();
    ring = new PacketRing({ ports, onPacket: follow });
  },

  ringPorts: (ports: number[]) => ring?.setPorts(ports),

  ringResult() {
    const seen = [...flows.values()].map(
      (one): Flow => ({
        bytes: one.bytes,
        sha256: one.hash.copy().digest('hex'),
        early: one.early.size,
        largest: one.largest,
      }),
    );
    return { flows: seen, packets: ring?.packets ?? 0, drops: ring?.drops ?? 0 };
  },

  closeRing() {
    ring?.close();
    ring?.close();
  },

  enter: (pid: number) => enterNetworkNamespace(pid),
  listening: () => listeningPorts(),
};

export type Commands = typeof commands;

function greet(socket: net.Socket): void {
  socket.on('error', () => socket.destroy());
  resetOnClose(socket);
  const greeting: Greeting = {
    local: { address: socket.localAddress ?? '', port: socket.localPort ?? 0 },
    peer: { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 },
    original: originalOf(socket),
  };
  socket.write(`${JSON.stringify(greeting)}\n`);
  socket.pipe(socket);
}

function originalOf(socket: net.Socket): Endpoint | string {
  try {
    return originalDestination(socket);
  } catch (error) {
    return String(error);
  }
}

/** Connects and reads the greeting. */
async function outcome(connect: () => net.Socket, patienceMs = 20_000): Promise<Connected> {
  const before = performance.now();
  const ms = (): number => Math.round(performance.now() - before);
  try {
    const socket = connect();
    socket.once('end', () => endings.push('end'));
    socket.on('error', (error: NodeJS.ErrnoException) => endings.push(error.code ?? ''));
    await once(socket, 'connect', { signal: AbortSignal.timeout(patienceMs) });
    const connectedMs = ms();
    socket.resume();
    const [line] = (await once(socket, 'data')) as [Buffer];
    return { code: '', ms: connectedMs, greeting: JSON.parse(line.toString()) as Greeting };
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? String(error), ms: ms() };
  }
}

function follow(packet: Buffer): void {
  const segment = parseTcpSegment(packet);
  if (segment === undefined || segment.flags & TCP_RST) return;
  const key = flowKey(packet, segment);
  if (segment.flags & TCP_SYN) flows.set(key, new Reassembly((segment.sequence + 1) >>> 0));
  flows.get(key)?.add(segment.sequence, packet.subarray(segment.start, segment.end));
}

interface Request {
  readonly call: number;
  readonly command: keyof Commands;
  readonly argument: never;
}

async function serve(request: Request): Promise<void> {
  try {
    const value: unknown = await commands[request.command](request.argument);
    process.send?.({ call: request.call, value });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    process.send?.({ call: request.call, error: { message: String(error), code } });
  }
}

process.on('message', (request: Request) => void serve(request));
process.on('disconnect', () => process.exit());
