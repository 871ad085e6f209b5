import { createHash, randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { errnoName } from '../../src/kernel/kernel-error.ts';
import {
  AF_INET,
  AF_INET6,
  lastErrno,
  libc,
  openSocket,
  SOCK_RAW,
  SOL_IPV6,
  setIntOption,
} from '../../src/kernel/libc.ts';
import { encodeSocketAddress } from '../../src/kernel/socket-address.ts';
import { udpSocket } from '../../src/kernel/sockets.ts';
import type { Endpoint } from '../../src/protocol/messages.ts';
import { codeOf } from './sidecar-names.ts';

const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const IPV6_RECVERR = 25;
/** RFC 3692 */
const EXPERIMENTAL = 253;

/** What a socket heard: datagrams, each with who sent it, and errors. */
export interface Heard {
  readonly messages: readonly {
    readonly from: string;
    readonly length: number;
    readonly text: string;
    readonly sha256: string;
  }[];
  readonly errors: readonly string[];
}

interface Kept {
  readonly socket: dgram.Socket;
  readonly messages: Heard['messages'][number][];
  readonly errors: string[];
}

const sockets = new Map<string, Kept>();

/** How a server of the tests answers a datagram. */
const answers = {
  echo: (message: Buffer) => message,
  /** Whom it sees. */
  whom: (_message: Buffer, from: dgram.RemoteInfo) => Buffer.from(`${from.address}:${from.port}`),
  digest: (message: Buffer) => Buffer.from(`${message.length} ${sha256(message)}`),
};

/** What programs of the tests do with UDP. */
export const datagramCommands = {
  async serveUdp(o: { address: string; port: number; how: keyof typeof answers }) {
    const socket = await bound({ ...o, name: `${o.address} ${o.port}` });
    socket.on('message', (message, from) => {
      socket.send(answers[o.how](message, from), from.port, from.address);
    });
  },

  /**
   * A socket that is kept under a name; `segmentBytes` cuts what is sent into datagrams of that size (GSO), `allErrors6` asks for the errors
   * that IPv6 tells nobody else (IPV6_RECVERR).
   */
  async openUdp(o: {
    name: string;
    address?: string;
    port?: number;
    connectTo?: Endpoint;
    segmentBytes?: number;
    allErrors6?: boolean;
  }) {
    const socket = await bound(o);
    if (!o.connectTo) return;
    socket.connect(o.connectTo.port, o.connectTo.address);
    await once(socket, 'connect');
  },

  /** Sends texts, or random bytes; answers what send() said, and the digest. */
  async sendUdp(o: { name: string; to?: Endpoint; texts?: readonly string[]; bytes?: number }) {
    const payloads = o.texts?.map((text) => Buffer.from(text)) ?? [randomBytes(o.bytes ?? 0)];
    const codes = await Promise.all(payloads.map((payload) => sendOne(o.name, payload, o.to)));
    return { codes: codes.filter(Boolean), sha256: sha256(Buffer.concat(payloads)) };
  },

  /** Waits until so much was heard since the last time, or for a while. */
  async heard(o: { name: string; messages?: number; errors?: number; waitMs?: number }) {
    const { messages, errors } = keptOf(o.name);
    const until = performance.now() + (o.waitMs ?? 10_000);
    const isThere = () => messages.length >= (o.messages ?? 0) && errors.length >= (o.errors ?? 0);
    while (performance.now() < until && !isThere()) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return { messages: messages.splice(0), errors: errors.splice(0) } satisfies Heard;
  },

  closeUdp(o: { name: string }) {
    keptOf(o.name).socket.close();
    sockets.delete(o.name);
  },

  /** A packet of a protocol that nobody knows; needs NET_RAW. */
  sendRaw(to: string) {
    const domain = net.isIPv6(to) ? AF_INET6 : AF_INET;
    const fd = openSocket({ domain, type: SOCK_RAW, protocol: EXPERIMENTAL }, () => undefined);
    const address = encodeSocketAddress({ address: to, port: 0 });
    const sent = libc.sendto(fd, Buffer.from('?'), 1, 0, address, address.length);
    const code = sent < 0 ? errnoName(lastErrno()) : '';
    libc.close(fd);
    return code;
  },

  udpPort: (o: { name: string }) => keptOf(o.name).socket.address().port,

  /** `inFlight` datagrams go round an echo for a while; counts the round trips and those that never came back. */
  async roundTrips(o: { to: Endpoint; bytes: number; inFlight: number; seconds: number }) {
    const socket = dgram.createSocket('udp4');
    socket.connect(o.to.port, o.to.address);
    await once(socket, 'connect');
    let trips = 0;
    let sent = 0;
    const until = performance.now() + o.seconds * 1000;
    socket.on('message', (message) => {
      trips++;
      if (performance.now() < until) {
        sent++;
        socket.send(message);
      }
    });
    for (; sent < o.inFlight; sent++) socket.send(randomBytes(o.bytes));
    await new Promise((resolve) => setTimeout(resolve, o.seconds * 1000 + 1_000));
    socket.close();
    return { aSecond: Math.round(trips / o.seconds), lost: sent - trips };
  },
};

async function bound(o: {
  name: string;
  address?: string;
  port?: number;
  segmentBytes?: number;
  allErrors6?: boolean;
}): Promise<dgram.Socket> {
  const v6 = net.isIPv6(o.address ?? '');
  const socket = dgram.createSocket({ type: v6 ? 'udp6' : 'udp4', recvBufferSize: 4_000_000 });
  const kept: Kept = { socket, messages: [], errors: [] };
  socket.on('error', (error) => kept.errors.push(codeOf(error)));
  socket.on('message', (message, from) => {
    kept.messages.push({
      from: `${from.address}:${from.port}`,
      length: message.length,
      text: message.toString('latin1', 0, 100),
      sha256: sha256(message),
    });
  });
  const listening = once(socket, 'listening');
  if (o.segmentBytes === undefined && !o.allErrors6) socket.bind(o.port ?? 0, o.address);
  else {
    const fd = udpSocket({ family: v6 ? 6 : 4 });
    if (o.segmentBytes !== undefined) setIntOption(fd, SOL_UDP, UDP_SEGMENT, o.segmentBytes);
    if (o.allErrors6) setIntOption(fd, SOL_IPV6, IPV6_RECVERR, 1);
    socket.bind({ fd });
  }
  await listening;
  sockets.set(o.name, kept);
  return socket;
}

function sendOne(name: string, payload: Buffer, to: Endpoint | undefined): Promise<string> {
  const { socket } = keptOf(name);
  return new Promise((resolve) => {
    const done = (error: Error | null) => resolve(error ? codeOf(error) : '');
    if (to) socket.send(payload, to.port, to.address, done);
    else socket.send(payload, done);
  });
}

function keptOf(name: string): Kept {
  const kept = sockets.get(name);
  if (!kept) throw new Error(`no socket ${name}`);
  return kept;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
