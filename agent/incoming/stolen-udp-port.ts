import type { MessageBatch } from '../../src/kernel/message-batch.ts';
import { NftError, NftTable } from '../../src/kernel/nftables.ts';
import { encodeSocketAddress, familyOf } from '../../src/kernel/socket-address.ts';
import { type UdpDatagram, UdpSocket } from '../../src/kernel/udp-socket.ts';
import { errnoError } from '../../src/protocol/errno.ts';
import type { Endpoint } from '../../src/protocol/messages.ts';
import { ANSWER_MARK, renderUdpRules, udpTableName } from './udp-rules.ts';

const BUFFER_BYTES = 4 * 1024 * 1024;
const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const;

export interface StolenUdpPortOptions {
  readonly port: number;
  readonly batch: MessageBatch;
  /** The payload is valid during the callback only. */
  readonly onDatagram: (from: Endpoint, to: Endpoint, payload: Buffer) => void;
}

/** Takes the datagrams of a port from the target, and answers in its name. */
export class StolenUdpPort {
  readonly port: number;
  readonly #socket4: UdpSocket;
  #socket6: UdpSocket | undefined;
  readonly #table: NftTable;

  /** EADDRINUSE where another agent has the port. */
  constructor(options: StolenUdpPortOptions) {
    const { port } = options;
    this.port = port;
    this.#socket4 = openSocket(options, 4);
    this.#table = new NftTable(udpTableName(port));
    try {
      this.#socket6 = openIfThere(options, 6);
      const [socket4, socket6] = [this.#socket4.port, this.#socket6?.port];
      this.#table.replace(renderUdpRules({ port, socket4, socket6 }));
    } catch (error) {
      this.close();
      if (!(error instanceof NftError)) throw error;
      const words = `UDP port ${port} cannot be taken, another session may have it: ${error.message}`;
      throw errnoError('EADDRINUSE', words, error);
    }
  }

  /** Datagrams for which the receive buffers had no room. */
  get overflowed(): number {
    return this.#socket4.overflowed + (this.#socket6?.overflowed ?? 0);
  }

  /** Sends an answer of the service's from the target's own address and port. */
  answer(to: Endpoint, from: Endpoint, payload: Buffer): string | undefined {
    const socket = familyOf(to.address) === 6 ? this.#socket6 : this.#socket4;
    return socket?.sendFrom(from.address, payload, encodeSocketAddress(to));
  }

  /** The next datagram is the target's. Idempotent. */
  close(): void {
    this.#table.close();
    this.#socket4.close();
    this.#socket6?.close();
  }
}

function openSocket({ port, batch, onDatagram }: StolenUdpPortOptions, family: 4 | 6): UdpSocket {
  const receive = ({ from, to, payload }: UdpDatagram) => {
    // What somebody sent to the socket itself, past the rules, had another destination.
    if (to?.port === port) onDatagram(from, to, payload);
  };
  return new UdpSocket(
    {
      family,
      bindTo: { address: LOOPBACK[family], port: 0 },
      transparent: true,
      tellDestination: true,
      mark: ANSWER_MARK,
      bufferBytes: BUFFER_BYTES,
    },
    { batch, onDatagram: receive },
  );
}

/** A namespace may have a family switched off. */
function openIfThere(options: StolenUdpPortOptions, family: 4 | 6): UdpSocket | undefined {
  try {
    return openSocket(options, family);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return undefined;
    throw error;
  }
}
