import os from 'node:os';
import {
  AF_PACKET,
  getOption,
  lastErrno,
  libc,
  openSocket,
  SOCK_RAW,
  SOL_PACKET,
  setIntOption,
} from './libc.ts';
import { encodeUdpPortFilter } from './packet-filter.ts';
import { attachFilter, bindToAll, PACKET_STATISTICS, SOCKADDR_LL_BYTES } from './packet-socket.ts';
import { pollReadable } from './poll.ts';
import { enlargeReceiveBuffer } from './socket-buffers.ts';
import { parseUdpPacket, type UdpPacket } from './udp-packet.ts';

const { EAGAIN } = os.constants.errno;

/** linux/if_packet.h, linux/if_arp.h, linux/virtio_net.h */
const PACKET_VNET_HDR = 15;
const ETHERNET_BYTES = 14;
const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;
const HARDWARE_TYPE_AT = 8;
const VNET_HEADER_BYTES = 10;
const GSO_TYPE_AT = 1;
const GSO_SIZE_AT = 4;
const GSO_NONE = 0;
const GSO_UDP_L4 = 5;
/** The largest IP packet, its link header, and a margin for one that is still to be cut. */
const READ_BYTES = 128 * 1024;
/** A turn of the loop reads no more than this: others have theirs. */
const READS_A_TURN = 256;
/** A quarter of a second at a Gbit/s. */
const BUFFER_BYTES = 32 * 1024 * 1024;

export interface UdpTapOptions {
  readonly ports: readonly number[];
  /** Its payload is valid during the callback only. */
  readonly onDatagram: (datagram: UdpPacket) => void;
}

/**
 * Copies of the UDP datagrams that arrive for some ports in the network namespace in which it is made, on any interface. Passive: what it
 * does, or fails to do, reaches nobody. A ring cannot say where the kernel has not cut a packet into its datagrams yet, so this is a plain
 * packet socket. Needs NET_RAW; throws a KernelError.
 */
export class UdpTap {
  readonly #fd: number;
  readonly #options: UdpTapOptions;
  readonly #stopPolling: () => void;
  readonly #bytes = Buffer.alloc(READ_BYTES);
  readonly #name = Buffer.alloc(SOCKADDR_LL_BYTES);
  readonly #nameLength = Buffer.alloc(4);
  #dropped = 0;
  #fragments = 0;
  #open = true;

  constructor(options: UdpTapOptions) {
    this.#options = options;
    this.#fd = openSocket({ domain: AF_PACKET, type: SOCK_RAW, protocol: 0 }, (fd) => {
      attachFilter(fd, encodeUdpPortFilter(options.ports));
      setIntOption(fd, SOL_PACKET, PACKET_VNET_HDR, 1);
      enlargeReceiveBuffer(fd, BUFFER_BYTES);
      bindToAll(fd);
    });
    this.#stopPolling = pollReadable(this.#fd, () => this.#read());
  }

  /** Datagrams that were not copied: no room, or a form that cannot be read. */
  get dropped(): number {
    if (this.#open) {
      const option = { fd: this.#fd, level: SOL_PACKET, option: PACKET_STATISTICS, capacity: 8 };
      this.#dropped += getOption(option).readUInt32LE(4);
    }
    return this.#dropped;
  }

  /** Datagrams that came in fragments, and were not copied. */
  get fragments(): number {
    return this.#fragments;
  }

  setPorts(ports: readonly number[]): void {
    if (this.#open) attachFilter(this.#fd, encodeUdpPortFilter(ports));
  }

  /** Idempotent; allowed inside of `onDatagram`. */
  close(): void {
    if (!this.#open) return;
    this.#dropped = this.dropped;
    this.#open = false;
    this.#stopPolling();
    libc.close(this.#fd);
  }

  #read(): void {
    for (let reads = 0; reads < READS_A_TURN && this.#open; reads++) {
      this.#nameLength.writeUInt32LE(SOCKADDR_LL_BYTES);
      const length = libc.recvfrom(
        this.#fd,
        this.#bytes,
        READ_BYTES,
        0,
        this.#name,
        this.#nameLength,
      );
      if (length >= 0) this.#take(this.#bytes.subarray(0, length));
      else if (lastErrno() === EAGAIN) return;
      else this.#dropped++; // a kind of packet for which this kernel has no words
    }
  }

  #take(read: Buffer): void {
    const link = linkHeaderBytes(this.#name.readUInt16LE(HARDWARE_TYPE_AT));
    if (read.length < VNET_HEADER_BYTES + link) {
      this.#dropped++;
      return;
    }
    const gso = read.readUInt8(GSO_TYPE_AT);
    const segmentBytes = gso === GSO_UDP_L4 ? read.readUInt16LE(GSO_SIZE_AT) : 0;
    const packet = read.subarray(VNET_HEADER_BYTES + link);
    const found =
      gso === GSO_NONE || segmentBytes > 0 ? parseUdpPacket(packet, segmentBytes) : undefined;
    if (found === 'fragment') this.#fragments++;
    else if (found === undefined) this.#dropped++;
    else for (const datagram of found) if (this.#open) this.#options.onDatagram(datagram);
  }
}

/** Tunnels without a link layer have none. */
function linkHeaderBytes(hardwareType: number): number {
  const isEthernet = hardwareType === ARPHRD_ETHER || hardwareType === ARPHRD_LOOPBACK;
  return isEthernet ? ETHERNET_BYTES : 0;
}
