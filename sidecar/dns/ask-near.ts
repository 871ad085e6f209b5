import dgram from 'node:dgram';
import net from 'node:net';
import { connectFrom, udpSocket } from '../../src/kernel/sockets.ts';
import { isTruncated } from '../../src/protocol/dns-message.ts';
import { deadline } from '../../src/runtime/deadline.ts';
import { readExactly } from '../../src/runtime/read-exactly.ts';
import { DOCKER_RESOLVER, MARKS } from '../network-plan.ts';

const PORT = 53;
/** Below the 5 s after which resolvers ask again. */
const TIMEOUT_MS = 4_000;
/** As many as a resolver asks (resolv.conf(5)). */
const SERVERS_MAX = 3;

/**
 * The answer of Docker's resolver, or of another nameserver on this machine's side, to one message. A new socket each time:
 * Docker's rules rewrite ports, and a flow that conntrack remembers would lead nowhere after a restart of dockerd. Rejects
 * where it does not answer in time.
 */
export async function askNear(
  query: Buffer,
  transport: 'udp' | 'tcp',
  server = DOCKER_RESOLVER,
): Promise<Buffer> {
  if (transport === 'tcp') return askTcp(query, server);
  const answer = await askUdp(query, server);
  return isTruncated(answer) ? askTcp(query, server) : answer;
}

/** The answer of the first nameserver that gives one. Rejects where none does. */
export async function askFirst(
  query: Buffer,
  transport: 'udp' | 'tcp',
  servers: readonly string[],
): Promise<Buffer> {
  let failure: unknown = new Error('Docker names no nameserver of this machine');
  for (const server of servers.slice(0, SERVERS_MAX)) {
    try {
      return await askNear(query, transport, server);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function askUdp(query: Buffer, server: string): Promise<Buffer> {
  const family = net.isIPv6(server) ? 6 : 4;
  const socket = dgram.createSocket(`udp${family}`);
  return new Promise<Buffer>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${server} is silent`)), TIMEOUT_MS);
    socket.on('error', reject);
    socket.on('close', () => clearTimeout(timer));
    socket.on('message', (answer) => {
      if (answer.length >= 12 && answer.readUInt16BE(0) === query.readUInt16BE(0)) resolve(answer);
    });
    socket.bind({ fd: udpSocket({ family, mark: MARKS.own }) }, () => {
      socket.connect(PORT, server, () => socket.send(query));
    });
  }).finally(() => socket.close());
}

async function askTcp(query: Buffer, server: string): Promise<Buffer> {
  const socket = connectFrom({ to: { address: server, port: PORT }, mark: MARKS.own });
  const signal = deadline(TIMEOUT_MS);
  try {
    socket.write(frame(query));
    const length = await read(socket, 2, signal);
    return await read(socket, length.readUInt16BE(0), signal);
  } finally {
    socket.destroy();
  }
}

function read(socket: net.Socket, bytes: number, signal: AbortSignal): Promise<Buffer> {
  return readExactly(socket, bytes, { awaited: 'the answer of a nameserver', signal });
}

/** A message as TCP carries it (RFC 1035 section 4.2.2). */
export function frame(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(2 + message.length);
  framed.writeUInt16BE(message.length, 0);
  message.copy(framed, 2);
  return framed;
}
