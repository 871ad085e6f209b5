import dgram from 'node:dgram';
import type net from 'node:net';
import { connectFrom, udpSocket } from '../../src/kernel/sockets.ts';
import { isTruncated } from '../../src/protocol/dns-message.ts';
import { deadline } from '../../src/runtime/deadline.ts';
import { readExactly } from '../../src/runtime/read-exactly.ts';
import { DOCKER_RESOLVER, MARKS } from '../network-plan.ts';

const PORT = 53;
/** Below the 5 s after which resolvers ask again. */
const TIMEOUT_MS = 4_000;

/**
 * Docker's resolver's answer to one message. A new socket each time: its rules rewrite ports, and a flow that conntrack
 * remembers would lead nowhere after a restart of dockerd. Rejects where it does not answer in time.
 */
export async function askDocker(query: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer> {
  if (transport === 'tcp') return askTcp(query);
  const answer = await askUdp(query);
  return isTruncated(answer) ? askTcp(query) : answer;
}

function askUdp(query: Buffer): Promise<Buffer> {
  const socket = dgram.createSocket('udp4');
  return new Promise<Buffer>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('Docker’s resolver is silent')), TIMEOUT_MS);
    socket.on('error', reject);
    socket.on('close', () => clearTimeout(timer));
    socket.on('message', (answer) => {
      if (answer.length >= 12 && answer.readUInt16BE(0) === query.readUInt16BE(0)) resolve(answer);
    });
    socket.bind({ fd: udpSocket({ family: 4, mark: MARKS.own }) }, () => {
      socket.connect(PORT, DOCKER_RESOLVER, () => socket.send(query));
    });
  }).finally(() => socket.close());
}

async function askTcp(query: Buffer): Promise<Buffer> {
  const socket = connectFrom({ to: { address: DOCKER_RESOLVER, port: PORT }, mark: MARKS.own });
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
  return readExactly(socket, bytes, { awaited: 'the answer of Docker’s resolver', signal });
}

/** A message as TCP carries it (RFC 1035 section 4.2.2). */
export function frame(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(2 + message.length);
  framed.writeUInt16BE(message.length, 0);
  message.copy(framed, 2);
  return framed;
}
