import os from 'node:os';
import { errnoError } from '../src/protocol/errno.ts';
import { PROTOCOL_VERSION } from '../src/protocol/launch.ts';
import type { AgentApi, AgentStatus } from '../src/protocol/messages.ts';
import type { Mux } from '../src/tunnel/mux.ts';
import type { MuxStream } from '../src/tunnel/stream.ts';
import type { PodResolver } from './dns/resolve.ts';
import type { TargetFiles } from './files/operations.ts';
import type { Incoming } from './incoming/incoming.ts';
import type { Outgoing } from './outgoing/dial.ts';
import type { OutgoingUdp } from './outgoing/outgoing-udp.ts';
import { ownAddresses } from './target/own-addresses.ts';
import { readEnvironment, type Target } from './target/target.ts';

/** What the agent can do for its peers. */
export interface Rooms {
  readonly target: Target;
  readonly incoming: Incoming;
  readonly outgoing: Outgoing;
  readonly udp: OutgoingUdp;
  readonly resolver: PodResolver;
  readonly files: TargetFiles;
  readonly counts: { dnsQueries: number; fileOperations: number };
  readonly readNetwork: () => Promise<AgentApi['target.network']['answer']>;
  readonly isLinkUp: () => boolean;
  readonly leave: () => void;
}

/** The sidecar's mux: traffic, names and files; neither the environment nor the end of the session. */
export function serveSidecar(mux: Mux, rooms: Rooms): void {
  const { incoming, resolver, counts } = rooms;
  mux.onStream = (stream) => takeStream(stream, rooms);
  mux.handle('incoming.set', async (args, _tail, signal) => ({
    body: await incoming.set(args, signal),
  }));
  mux.handle('dns.query', async ({ transport }, tail) => {
    counts.dnsQueries++;
    const answer = await resolver.resolve(tail, transport === 'tcp' ? 'tcp' : 'udp');
    return { body: {}, tail: answer };
  });
  mux.handle('target.addresses', () => {
    return Promise.resolve({ body: { addresses: ownAddresses(os.networkInterfaces()) } });
  });
  serveFiles(mux, rooms);
  serveStatus(mux, rooms);
}

/** The session's own mux. */
export function serveSession(mux: Mux, rooms: Rooms): void {
  const { target, incoming } = rooms;
  mux.onStream = refuseStream;
  mux.handle('target.environment', async () => ({
    body: {},
    tail: await readEnvironment(target),
  }));
  mux.handle('target.network', async () => ({ body: await rooms.readNetwork() }));
  mux.handle('incoming.release', () => {
    incoming.release();
    return Promise.resolve({ body: {} });
  });
  mux.handle('agent.leave', () => {
    incoming.release();
    rooms.leave();
    return Promise.resolve({ body: {} });
  });
  // How a path is to be shown depends on whether it is one file.
  mux.handle('files.stat', async (args) => ({ body: await rooms.files.stat(args) }));
  serveStatus(mux, rooms);
}

/** The mux of who only looks on: a copy of what comes in, and the end. */
export function serveDump(mux: Mux, { incoming, leave }: Pick<Rooms, 'incoming' | 'leave'>): void {
  mux.onStream = refuseStream;
  mux.handle('incoming.set', async (args, _tail, signal) => {
    if (args.mode === 'steal') throw errnoError('EPERM', 'who looks on does not steal');
    return { body: await incoming.set(args, signal) };
  });
  mux.handle('agent.leave', () => {
    leave();
    return Promise.resolve({ body: {} });
  });
}

function serveFiles(mux: Mux, { files, counts }: Rooms): void {
  const counted = <T>(work: Promise<T>): Promise<T> => {
    counts.fileOperations++;
    return work;
  };
  mux.handle('files.stat', async (args) => ({ body: await counted(files.stat(args)) }));
  mux.handle('files.list', async ({ path }) => ({
    body: { entries: await counted(files.list(path)) },
  }));
  mux.handle('files.read', async (args) => {
    const { bytes, attributes } = await counted(files.read(args));
    return { body: { attributes }, tail: bytes };
  });
  mux.handle('files.tree', async ({ path }) => {
    const { bytes, ...body } = await counted(files.tree(path));
    return { body, tail: bytes };
  });
  mux.handle('files.watch', async (args, _tail, signal) => ({
    body: { version: await counted(files.watch(args, signal)) },
  }));
}

function serveStatus(mux: Mux, rooms: Rooms): void {
  mux.handle('agent.status', () => Promise.resolve({ body: statusOf(rooms) }));
}

function statusOf({ incoming, outgoing, udp, counts, isLinkUp }: Rooms): AgentStatus {
  return {
    protocol: PROTOCOL_VERSION,
    incoming: incoming.status,
    outgoing: { ...outgoing.status, udp: udp.status },
    ...counts,
    rssBytes: process.memoryUsage.rss(),
    linkUp: isLinkUp(),
  };
}

function takeStream(stream: MuxStream, { outgoing, udp }: Rooms): void {
  if (stream.info.kind === 'outgoing.tcp') outgoing.take(stream, stream.info.to);
  else if (stream.info.kind === 'outgoing.udp') udp.take(stream);
  else if (stream.info.kind === 'outgoing.unix') outgoing.takeUnix(stream, stream.info.path);
  else refuseStream(stream);
}

function refuseStream(stream: MuxStream): void {
  stream.on('error', () => undefined);
  stream.reset('ENOSYS');
}
