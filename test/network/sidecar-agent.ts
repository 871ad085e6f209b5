import { unlinkSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { IncomingUdp } from '../../agent/incoming/incoming-udp.ts';
import { Outgoing } from '../../agent/outgoing/dial.ts';
import { OutgoingUdp } from '../../agent/outgoing/outgoing-udp.ts';
import { ownAddresses } from '../../agent/target/own-addresses.ts';
import { buildAnswer, parseQuestion } from '../../src/protocol/dns-message.ts';
import { errnoError } from '../../src/protocol/errno.ts';
import type { Api, Endpoint, StreamInfo } from '../../src/protocol/messages.ts';
import { LinkAcceptor } from '../../src/tunnel/link-acceptor.ts';
import { Mux } from '../../src/tunnel/mux.ts';
import { acceptSecurePipe } from '../../src/tunnel/secure-pipe.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';
import { serveCommands } from './sidecar-process.ts';

/** The agent's end of the real tunnel, in the pod's place: its own dialling, DNS from a list, and opens incoming streams. */
const commands = {
  /** Listens for pipes. */
  async listen(o: { socket: string; keyId: string; secret: string }) {
    const key = { id: o.keyId, secret: Buffer.from(o.secret, 'hex') };
    const acceptor = new LinkAcceptor((link) => serve(new Mux(link, { side: 'agent' })));
    const server = net.createServer((pipe) => {
      acceptSecurePipe(pipe, key, AbortSignal.timeout(5_000)).then(
        (secured) => acceptor.accept(secured.pipe),
        () => pipe.destroy(),
      );
    });
    await new Promise<void>((resolve) => server.listen(o.socket, resolve));
    process.on('exit', () => unlinkSync(o.socket));
  },

  /** What `dns.query` answers, by name and type: an errno name, a pause, or records. */
  zone(entries: Record<string, ZoneEntry>) {
    zone = entries;
  },

  asked: () => asked,
  /** The latest `incoming.set`. */
  incoming: () => incoming,
  /** Streams that the sidecar opened, and how they went. */
  dials: () => dials,
  open: () => outgoing.status.open,
  udp: () => udp.status,
  incomingUdp: () => ({ ...incomingUdp.status, losses }),

  notice: async (text: string) => (await mux().call('sidecar.notice', { text })).body,

  /** Hands a connection to the sidecar: sends, ends, and reads what comes back. */
  async deliver(o: { info: StreamInfo; send: string; keepOpen?: boolean }) {
    const stream = mux().open(
      o.info,
      o.info.kind === 'incoming.tcp' && o.info.mode === 'mirror' ? 'mirror' : 'bulk',
    );
    stream.on('error', () => undefined);
    const code = await stream.accepted.then(
      () => '',
      (error: Error & { code?: string }) => error.code ?? '?',
    );
    if (code) return { code, answer: '' };
    const read: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => read.push(chunk));
    stream.write(o.send);
    if (!o.keepOpen) stream.end();
    await Promise.race([ended(stream), delay(o.keepOpen ? 500 : 5_000)]);
    if (o.keepOpen) stream.reset('ECONNRESET');
    return { code, answer: String(Buffer.concat(read)) };
  },
};

export type AgentCommands = typeof commands;

/** Records as hexadecimal RDATA. */
export type ZoneEntry =
  | { readonly rcode: number; readonly records?: readonly { type: number; data: string }[] }
  | { readonly errno: string };

let zone: Record<string, ZoneEntry> = {};
const outgoing = new Outgoing('/');
const udp = new OutgoingUdp();
const incomingUdp = new IncomingUdp({
  mux: () => current,
  onLost: (text) => losses.push(text),
});
const losses: string[] = [];
const asked: string[] = [];
const dials: { to: Endpoint; outcome: string }[] = [];
let incoming: Api['incoming.set']['args'] | undefined;
let current: Mux | undefined;

function mux(): Mux {
  if (!current) throw new Error('no link yet');
  return current;
}

function serve(fresh: Mux): void {
  current = fresh;
  fresh.onStream = dial;
  fresh.handle('incoming.set', (args) => {
    incoming = args;
    incomingUdp.set(args.mode, args.udp ?? []);
    return Promise.resolve({ body: { ports: args.ports, udp: incomingUdp.ports } });
  });
  fresh.handle('target.addresses', () => {
    return Promise.resolve({ body: { addresses: ownAddresses(os.networkInterfaces()) } });
  });
  fresh.handle('dns.query', (_args, query) => Promise.resolve({ body: {}, tail: lookUp(query) }));
}

function lookUp(query: Buffer): Buffer {
  const question = parseQuestion(query);
  if (!question) throw errnoError('EINVAL', 'no question');
  asked.push(`${question.name} ${question.type}`);
  const entry = zone[`${question.name} ${question.type}`] ?? zone[question.name] ?? { rcode: 3 };
  if ('errno' in entry) throw errnoError(entry.errno, 'as the test wants it');
  const records = (entry.records ?? []).map(({ type, data }) => ({
    type,
    ttlSeconds: 5,
    data: Buffer.from(data, 'hex'),
  }));
  return buildAnswer(query, question, { rcode: entry.rcode, records });
}

function dial(stream: MuxStream): void {
  if (stream.info.kind === 'outgoing.udp') {
    udp.take(stream);
    return;
  }
  if (stream.info.kind === 'outgoing.unix') {
    outgoing.takeUnix(stream, stream.info.path);
    return;
  }
  if (stream.info.kind !== 'outgoing.tcp') {
    stream.reset('ENOSYS');
    return;
  }
  const { to } = stream.info;
  const entry = { to, outcome: 'dialling' };
  dials.push(entry);
  outgoing.take(stream, to);
  stream.accepted.then(
    () => {
      entry.outcome = 'connected';
    },
    (error: NodeJS.ErrnoException) => {
      entry.outcome = error.code ?? '?';
    },
  );
}

function ended(stream: MuxStream): Promise<void> {
  return new Promise((resolve) => {
    stream.on('end', resolve);
    stream.on('close', resolve);
  });
}

serveCommands(commands);
