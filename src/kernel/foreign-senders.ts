import type { Endpoint } from './endpoint.ts';
import { encodeIcmpError, type IcmpKind } from './icmp-error.ts';
import { errnoName } from './kernel-error.ts';
import {
  AF_INET,
  AF_INET6,
  checked,
  lastErrno,
  libc,
  openSocket,
  SO_MARK,
  SO_RCVBUF,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_RAW,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  setIntOption,
} from './libc.ts';
import { encodeSocketAddress, familyOf } from './socket-address.ts';

const IP_TRANSPARENT = 19;
const IPV6_TRANSPARENT = 75;
/** With this protocol a raw socket's packets bring their own IP header. */
const IPPROTO_RAW = 255;

/**
 * Sends datagrams to programs of this network namespace in the name of others: from addresses that are not ours. One socket an
 * address and port in whose name was sent lately, the least recently used of too many is closed. Needs NET_ADMIN or NET_RAW.
 */
export class ForeignSenders {
  readonly #mark: number;
  readonly #most: number;
  readonly #sockets = new Map<string, number>();
  readonly #raw = new Map<4 | 6, number>();

  constructor(o: { readonly mark: number; readonly most: number }) {
    this.#mark = o.mark;
    this.#most = o.most;
  }

  /** Answers the errno's name of what the kernel refuses. */
  send(from: Endpoint, to: Endpoint, payload: Buffer): string | undefined {
    const fd = this.#socketOf(from);
    if (typeof fd === 'string') return fd;
    return sendTo(fd, payload, encodeSocketAddress(to));
  }

  /** Tells `from`, which is here, what became of its datagram to `to`. */
  sendIcmpError(from: Endpoint, to: Endpoint, kind: IcmpKind): string | undefined {
    const family = familyOf(from.address);
    const fd = this.#raw.get(family) ?? this.#openRaw(family);
    return sendTo(
      fd,
      encodeIcmpError({ from, to, kind }),
      encodeSocketAddress({ ...from, port: 0 }),
    );
  }

  close(): void {
    for (const fd of [...this.#sockets.values(), ...this.#raw.values()]) libc.close(fd);
    this.#sockets.clear();
    this.#raw.clear();
  }

  #socketOf(from: Endpoint): number | string {
    const key = `${from.port} ${from.address}`;
    const known = this.#sockets.get(key);
    if (known !== undefined) {
      this.#sockets.delete(key);
      this.#sockets.set(key, known);
      return known;
    }
    try {
      const fd = this.#openFor(from);
      this.#sockets.set(key, fd);
      this.#closeOldest();
      return fd;
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
    }
  }

  #closeOldest(): void {
    if (this.#sockets.size <= this.#most) return;
    const [oldest] = this.#sockets;
    if (oldest === undefined) return;
    this.#sockets.delete(oldest[0]);
    libc.close(oldest[1]);
  }

  #openFor(from: Endpoint): number {
    const family = familyOf(from.address);
    const domain = family === 6 ? AF_INET6 : AF_INET;
    return openSocket({ domain, type: SOCK_DGRAM, protocol: 0 }, (fd) => {
      setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
      setIntOption(fd, SOL_SOCKET, SO_RCVBUF, 0); // nothing is ever read from it
      setIntOption(fd, SOL_SOCKET, SO_MARK, this.#mark);
      if (family === 6) setIntOption(fd, SOL_IPV6, IPV6_TRANSPARENT, 1);
      else setIntOption(fd, SOL_IP, IP_TRANSPARENT, 1);
      const address = encodeSocketAddress(from);
      checked(
        libc.bind(fd, address, address.length),
        'bind',
        `${from.address}, UDP port ${from.port}`,
      );
    });
  }

  #openRaw(family: 4 | 6): number {
    const domain = family === 6 ? AF_INET6 : AF_INET;
    const fd = openSocket({ domain, type: SOCK_RAW, protocol: IPPROTO_RAW }, (opened) => {
      setIntOption(opened, SOL_SOCKET, SO_MARK, this.#mark);
    });
    this.#raw.set(family, fd);
    return fd;
  }
}

function sendTo(fd: number, bytes: Buffer, to: Buffer): string | undefined {
  const sent = libc.sendto(fd, bytes, bytes.length, 0, to, to.length);
  return sent < 0 ? errnoName(lastErrno()) : undefined;
}
