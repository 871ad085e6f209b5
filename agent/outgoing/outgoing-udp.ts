import { formatAddress, parseAddress } from '../../src/kernel/ip-address.ts';
import { MessageBatch } from '../../src/kernel/message-batch.ts';
import { encodeSocketAddress } from '../../src/kernel/socket-address.ts';
import { type UdpDatagram, type UdpFailure, UdpSocket } from '../../src/kernel/udp-socket.ts';
import {
  decodeAddressed,
  encodeData,
  encodeFailure,
  type Peer,
} from '../../src/protocol/addressed-datagram.ts';
import { errnoOf } from '../../src/protocol/errno.ts';
import type { Endpoint, UdpCounts } from '../../src/protocol/messages.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';

/** The sidecar bounds its own flows lower, and closes the oldest. */
const SOURCES_MAX = 4096;
/** A second of 1 200-byte datagrams at 1 000 a second; a burst of large ones. */
const BUFFER_BYTES = 1024 * 1024;

type Family = 4 | 6;

interface Counts {
  sent: number;
  received: number;
  dropped: number;
}

/**
 * The service's UDP sockets, as they would be in the pod: each stream of the sidecar's stands for one of them and gets one socket a family
 * in the target's network, unconnected. So all its peers see one port, whichever it speaks to, as STUN and the migration
 * of QUIC connections want it, and who learned of that port may answer too.
 */
export class OutgoingUdp {
  readonly #counts: Counts = { sent: 0, received: 0, dropped: 0 };
  #batch: MessageBatch | undefined;
  #flows = 0;

  get status(): UdpCounts {
    return { flows: this.#flows, ...this.#counts };
  }

  take(stream: MuxStream): void {
    stream.on('error', () => undefined); // seen by 'close'
    if (this.#flows >= SOURCES_MAX) {
      stream.reset('EAGAIN');
      return;
    }
    this.#batch ??= new MessageBatch();
    const source = new Source(stream, this.#batch, this.#counts);
    this.#flows++;
    stream.accept();
    stream.resume();
    stream.onDatagram = (bytes) => source.send(bytes);
    stream.once('end', () => stream.destroy());
    stream.once('close', () => {
      this.#flows--;
      source.close();
    });
  }
}

/** Ends with its stream; a family's socket is made for the first datagram to it. */
class Source {
  readonly #stream: MuxStream;
  readonly #batch: MessageBatch;
  readonly #counts: Counts;
  readonly #sockets = new Map<Family, UdpSocket>();

  constructor(stream: MuxStream, batch: MessageBatch, counts: Counts) {
    this.#stream = stream;
    this.#batch = batch;
    this.#counts = counts;
  }

  send(bytes: Buffer): void {
    const datagram = decodeAddressed(bytes);
    if (datagram?.kind !== 'data') return;
    const { peer, payload } = datagram;
    const to = { address: formatAddress(peer.address), port: peer.port };
    const code = this.#trySend(peer.address.length === 4 ? 4 : 6, payload, to);
    if (code === undefined) {
      this.#counts.sent++;
      return;
    }
    this.#counts.dropped++;
    // A full buffer is told to nobody: UDP loses.
    if (code !== 'EAGAIN' && code !== 'ENOBUFS') this.#fail({ to, code, info: 0 });
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #trySend(family: Family, payload: Buffer, to: Endpoint): string | undefined {
    try {
      const socket = this.#sockets.get(family) ?? this.#open(family);
      return socket.send(payload, encodeSocketAddress(to));
    } catch (error) {
      return errnoOf(error);
    }
  }

  #open(family: Family): UdpSocket {
    const socket = new UdpSocket(
      { family, tellErrors: true, bufferBytes: BUFFER_BYTES },
      {
        batch: this.#batch,
        onDatagram: (datagram) => this.#receive(datagram),
        onFailure: (failure) => this.#fail(failure),
      },
    );
    this.#sockets.set(family, socket);
    return socket;
  }

  #receive({ from, payload }: UdpDatagram): void {
    const dropped = this.#stream.sendDatagram(encodeData(peerOf(from), payload));
    this.#counts.received += 1 - dropped;
    this.#counts.dropped += dropped;
  }

  #fail({ to, ...failure }: UdpFailure): void {
    this.#stream.sendDatagram(encodeFailure(peerOf(to), failure));
  }
}

function peerOf({ address, port }: Endpoint): Peer {
  return { address: parseAddress(address), port };
}
