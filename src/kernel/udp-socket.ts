import os from 'node:os';
import type { Endpoint } from './endpoint.ts';
import { parseAddress } from './ip-address.ts';
import { errnoName } from './kernel-error.ts';
import {
  AF_INET,
  AF_INET6,
  checked,
  lastErrno,
  libc,
  openSocket,
  SO_MARK,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  setIntOption,
} from './libc.ts';
import {
  ControlledSender,
  type ControlMessage,
  type MessageBatch,
  parseControl,
  type ReceivedMessage,
} from './message-batch.ts';
import { pollReadable } from './poll.ts';
import { decodeSocketAddress, encodeSocketAddress } from './socket-address.ts';
import { enlargeReceiveBuffer, enlargeSendBuffer } from './socket-buffers.ts';

const { EAGAIN } = os.constants.errno;

/** linux/in.h, linux/in6.h, linux/errqueue.h, asm-generic/socket.h, linux/socket.h */
const SO_RXQ_OVFL = 40;
const MSG_ERRQUEUE = 0x2000;
const ERROR_ORIGIN_AT = 4;
const ERROR_BYTES = 16;
const ORIGIN_ICMP: ReadonlySet<number> = new Set([2, 3]);

/** The same options of both families. */
const OPTIONS = {
  4: { level: SOL_IP, transparent: 19, originalDestination: 20, errors: 11, packetInfo: 8 },
  6: { level: SOL_IPV6, transparent: 75, originalDestination: 74, errors: 25, packetInfo: 50 },
} as const;
const IPV6_V6ONLY = 26;

/** A turn of the loop reads no more than this at a time: others have theirs. */
const READS_A_TURN = 4;

export interface UdpSocketOptions {
  readonly family: 4 | 6;
  readonly bindTo?: Endpoint;
  readonly mark?: number;
  /** May be bound to addresses that are not ours, and take what TPROXY gives it (needs NET_ADMIN or NET_RAW). */
  readonly transparent?: boolean;
  /** Tells of each datagram where it was going before TPROXY gave it to this socket. */
  readonly tellDestination?: boolean;
  /** Tells what became of datagrams that were sent: ICMP errors, by their destination. */
  readonly tellErrors?: boolean;
  readonly bufferBytes?: number;
}

export interface UdpDatagram {
  readonly from: Endpoint;
  /** With `tellDestination`. */
  readonly to: Endpoint | undefined;
  /** Valid during the callback only. */
  readonly payload: Buffer;
}

/** What the network said of a datagram to `to`. */
export interface UdpFailure {
  readonly to: Endpoint;
  /** The errno's name. */
  readonly code: string;
  /** Of the ICMP message; undefined where this machine itself refused. */
  readonly icmp?: { readonly type: number; readonly code: number };
  /** The MTU of EMSGSIZE, else 0. */
  readonly info: number;
}

export interface UdpHandlers {
  /** Where the sockets of a room are read into. */
  readonly batch: MessageBatch;
  readonly onDatagram: (datagram: UdpDatagram) => void;
  readonly onFailure?: (failure: UdpFailure) => void;
}

/**
 * A UDP socket that Node's own cannot be: it sees original destinations and ICMP errors, and reads many datagrams a call. Made in the
 * network namespace of the calling thread; throws a KernelError.
 */
export class UdpSocket {
  readonly #controlled = new ControlledSender();
  readonly #fd: number;
  readonly #options: UdpSocketOptions;
  readonly #handlers: UdpHandlers;
  readonly #stopPolling: () => void;
  #overflowed = 0;
  #open = true;

  constructor(options: UdpSocketOptions, handlers: UdpHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#fd = openUdp(options);
    try {
      this.#stopPolling = pollReadable(this.#fd, () => this.#read());
    } catch (error) {
      libc.close(this.#fd);
      throw error;
    }
  }

  /** Datagrams that the kernel dropped because the receive buffer was full, as of the last one that was read. */
  get overflowed(): number {
    return this.#overflowed;
  }

  /** Sends to a struct sockaddr; answers the errno's name of what this machine refuses. */
  send(payload: Buffer, to: Buffer): string | undefined {
    if (!this.#open) return 'EBADF';
    const attempt = () => libc.sendto(this.#fd, payload, payload.length, 0, to, to.length);
    return this.#sent(() => (attempt() < 0 ? lastErrno() : 0));
  }

  /** The same from one of several own addresses, or, of a transparent socket, from any (IP_PKTINFO, IPV6_PKTINFO). */
  sendFrom(source: string, payload: Buffer, to: Buffer): string | undefined {
    if (!this.#open) return 'EBADF';
    const control = packetInfo(this.#options.family, source);
    return this.#sent(() => this.#controlled.send(this.#fd, { payload, to, control }));
  }

  /** Where it is bound. */
  get port(): number {
    const address = Buffer.alloc(28);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(address.length);
    checked(libc.getsockname(this.#fd, address, length), 'getsockname');
    return decodeSocketAddress(address)?.port ?? 0;
  }

  /** Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#stopPolling();
    libc.close(this.#fd);
  }

  /** An error of an earlier datagram is told by the next call, which then does nothing else: it is tried once more. */
  #sent(attempt: () => number): string | undefined {
    let errno = attempt();
    if (errno !== 0 && this.#options.tellErrors === true) {
      this.#readErrors();
      errno = attempt();
    }
    return errno === 0 ? undefined : errnoName(errno);
  }

  #read(): void {
    const { batch } = this.#handlers;
    for (let reads = 0; reads < READS_A_TURN && this.#open; reads++) {
      const count = batch.receive(this.#fd);
      for (let slot = 0; slot < count && this.#open; slot++) this.#take(batch.message(slot));
      if (count > 0) continue;
      // Nothing was there, or an error of what was sent before, which was told by this.
      if (reads === 0) this.#readErrors();
      if (count === -EAGAIN) return;
    }
  }

  #take(message: ReceivedMessage): void {
    const from = decodeSocketAddress(message.name);
    if (from === undefined) return;
    let to: Endpoint | undefined;
    for (const { level, type, data } of parseControl(message.control)) {
      if (level === SOL_SOCKET && type === SO_RXQ_OVFL) this.#overflowed = data.readUInt32LE(0);
      else if (type === OPTIONS[this.#options.family].originalDestination) {
        to = decodeSocketAddress(data);
      }
    }
    this.#handlers.onDatagram({ from, to, payload: message.payload });
  }

  /** At most one read: more wakes us again. */
  #readErrors(): void {
    const { batch, onFailure } = this.#handlers;
    if (this.#options.tellErrors !== true || !this.#open) return;
    const count = batch.receive(this.#fd, MSG_ERRQUEUE);
    for (let slot = 0; slot < count; slot++) {
      const failure = parseFailure(batch.message(slot), this.#options.family);
      if (failure) onFailure?.(failure);
    }
  }
}

/** struct sock_extended_err behind IP_RECVERR or IPV6_RECVERR; the name is where the datagram was going. */
export function parseFailure(message: ReceivedMessage, family: 4 | 6): UdpFailure | undefined {
  const to = decodeSocketAddress(message.name);
  const { level, errors } = OPTIONS[family];
  const found = parseControl(message.control).find(
    (one) => one.level === level && one.type === errors && one.data.length >= ERROR_BYTES,
  );
  if (to === undefined || found === undefined) return undefined;
  const { data } = found;
  const code = errnoName(data.readUInt32LE(0));
  const info = code === 'EMSGSIZE' ? data.readUInt32LE(8) : 0;
  if (!ORIGIN_ICMP.has(data.readUInt8(ERROR_ORIGIN_AT))) return { to, code, info };
  return { to, code, info, icmp: { type: data.readUInt8(5), code: data.readUInt8(6) } };
}

function openUdp(options: UdpSocketOptions): number {
  const domain = options.family === 6 ? AF_INET6 : AF_INET;
  return openSocket({ domain, type: SOCK_DGRAM, protocol: 0 }, (fd) => {
    setIntOption(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
    if (options.mark !== undefined) setIntOption(fd, SOL_SOCKET, SO_MARK, options.mark);
    if (options.bufferBytes !== undefined) {
      enlargeReceiveBuffer(fd, options.bufferBytes);
      enlargeSendBuffer(fd, options.bufferBytes);
    }
    setFamilyOptions(fd, options);
    if (options.bindTo === undefined) return;
    const address = encodeSocketAddress(options.bindTo);
    const detail = `${options.bindTo.address}, UDP port ${options.bindTo.port}`;
    checked(libc.bind(fd, address, address.length), 'bind', detail);
  });
}

function setFamilyOptions(fd: number, options: UdpSocketOptions): void {
  const { level, transparent, originalDestination, errors } = OPTIONS[options.family];
  if (options.family === 6) setIntOption(fd, SOL_IPV6, IPV6_V6ONLY, 1);
  if (options.tellDestination === true) setIntOption(fd, level, originalDestination, 1);
  if (options.tellErrors === true) setIntOption(fd, level, errors, 1);
  if (options.transparent !== true) return;
  setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  setIntOption(fd, level, transparent, 1);
}

/** struct in_pktinfo: interface, source; struct in6_pktinfo: source, interface. */
function packetInfo(family: 4 | 6, source: string): ControlMessage {
  const { level, packetInfo: type } = OPTIONS[family];
  const data = Buffer.alloc(family === 4 ? 12 : 20);
  parseAddress(source).copy(data, family === 4 ? 4 : 0);
  return { level, type, data };
}
