import net from 'node:net';
import { errnoError } from '../../src/protocol/errno.ts';
import { UdpChannel } from './udp-channel.ts';

/** A channel's source port, and with it the server's place behind a Service, is kept this long at most. */
const CHANNEL_MS = 20_000;

/** One nameserver, asked from this network namespace with sockets of our own: libuv's resolver stays in another. */
export class Nameserver {
  readonly address: string;
  readonly #port: number;
  #channel: UdpChannel | undefined;

  constructor(address: string, port = 53) {
    this.address = address;
    this.#port = port;
  }

  /** One try over UDP. Rejects with ETIMEDOUT, or what the path answered (ECONNREFUSED, EHOSTUNREACH). */
  async askUdp(query: Buffer, timeoutMs: number): Promise<Buffer> {
    const channel = this.#freshChannel();
    try {
      return await channel.ask(query, timeoutMs);
    } catch (error) {
      if (this.#channel === channel) this.#channel = undefined;
      channel.retire();
      throw error;
    }
  }

  /** One try over TCP, in a connection of its own (RFC 7766). */
  askTcp(query: Buffer, timeoutMs: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ host: this.address, port: this.#port });
      const read: Buffer[] = [];
      const timer = setTimeout(() => {
        socket.destroy(errnoError('ETIMEDOUT', `${this.address}: no answer over TCP`));
      }, timeoutMs);
      socket.on('connect', () => socket.write(Buffer.concat([lengthOf(query), query])));
      socket.on('data', (chunk: Buffer) => {
        read.push(chunk);
        const answer = wholeMessage(Buffer.concat(read));
        if (answer === undefined) return;
        resolve(answer);
        socket.destroy();
      });
      socket.on('error', reject);
      socket.on('close', () => {
        clearTimeout(timer);
        reject(errnoError('ECONNRESET', `${this.address}: no whole answer over TCP`));
      });
    });
  }

  close(): void {
    this.#channel?.retire();
    this.#channel = undefined;
  }

  #freshChannel(): UdpChannel {
    if (this.#channel && this.#channel.ageMs < CHANNEL_MS && this.#channel.hasRoom) {
      return this.#channel;
    }
    this.#channel?.retire();
    this.#channel = new UdpChannel(this.address, this.#port);
    return this.#channel;
  }
}

function lengthOf(message: Buffer): Buffer {
  return Buffer.of(message.length >> 8, message.length & 0xff);
}

/** RFC 1035 section 4.2.2: two bytes of length, so at most 64 KiB are ever kept. */
function wholeMessage(bytes: Buffer): Buffer | undefined {
  if (bytes.length < 2) return undefined;
  const end = 2 + bytes.readUInt16BE(0);
  return bytes.length < end ? undefined : bytes.subarray(2, end);
}
