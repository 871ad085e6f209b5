import type { Endpoint } from './endpoint.ts';
import { encodeIcmpError, type IcmpKind } from './icmp-error.ts';
import { errnoName } from './kernel-error.ts';
import {
  AF_INET,
  AF_INET6,
  lastErrno,
  libc,
  openSocket,
  SO_MARK,
  SO_RCVBUF,
  SOCK_RAW,
  SOL_SOCKET,
  setIntOption,
} from './libc.ts';
import { encodeSocketAddress, familyOf } from './socket-address.ts';
import { encodeUdpPacket } from './udp-packet.ts';

/** With this protocol a raw socket's packets bring their own IP header. */
const IPPROTO_RAW = 255;

/**
 * Sends datagrams to programs of this network namespace in the name of others, from any address and port: also of a port that a
 * program has bound here, where a socket of that address could not be bound. Needs NET_RAW, and for its mark NET_ADMIN.
 */
export class ForeignSender {
  readonly #mark: number;
  readonly #sockets = new Map<4 | 6, number>();

  constructor(mark: number) {
    this.#mark = mark;
  }

  /** Answers the errno's name of what the kernel refuses. */
  send(from: Endpoint, to: Endpoint, payload: Buffer): string | undefined {
    return this.#send(to, encodeUdpPacket(from, to, payload));
  }

  /** Tells `from`, which is here, what became of its datagram to `to`. */
  sendIcmpError(from: Endpoint, to: Endpoint, kind: IcmpKind): string | undefined {
    return this.#send(from, encodeIcmpError({ from, to, kind }));
  }

  close(): void {
    for (const fd of this.#sockets.values()) libc.close(fd);
    this.#sockets.clear();
  }

  #send({ address }: Endpoint, packet: Buffer): string | undefined {
    const family = familyOf(address);
    const fd = this.#sockets.get(family) ?? this.#open(family);
    const to = encodeSocketAddress({ address, port: 0 });
    const sent = libc.sendto(fd, packet, packet.length, 0, to, to.length);
    return sent < 0 ? errnoName(lastErrno()) : undefined;
  }

  #open(family: 4 | 6): number {
    const domain = family === 6 ? AF_INET6 : AF_INET;
    const fd = openSocket({ domain, type: SOCK_RAW, protocol: IPPROTO_RAW }, (opened) => {
      setIntOption(opened, SOL_SOCKET, SO_MARK, this.#mark);
      setIntOption(opened, SOL_SOCKET, SO_RCVBUF, 0); // nothing is ever read from it
    });
    this.#sockets.set(family, fd);
    return fd;
  }
}
