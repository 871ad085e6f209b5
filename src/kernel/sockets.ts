import type net from 'node:net';
import type { Endpoint } from './endpoint.ts';

export interface ConnectOptions {
  readonly to: Endpoint;
  /** Source to bind first; port 0 lets the kernel choose. */
  readonly bindTo?: Endpoint;
  /** SO_MARK, set before anything is sent. */
  readonly mark?: number;
  /** Lets `bindTo` be an address that is not ours (needs NET_ADMIN or NET_RAW). */
  readonly transparent?: boolean;
}

/** A listening fd that accepts connections to foreign addresses (TPROXY): `localAddress:localPort` is the original destination. For `server.listen({ fd })`. */
export declare function listenTransparent(address: string, port: number): number;

/** Connects: half-open allowed, paused. Throws a KernelError where socket, options or bind are refused; connect() fails by 'error'. */
export declare function connectFrom(options: ConnectOptions): net.Socket;

/** Where a connection that a REDIRECT or DNAT rule brought here was going. Throws a KernelError (ENOENT) where conntrack knows nothing. */
export declare function originalDestination(socket: net.Socket): Endpoint;

export interface UdpSocketOptions {
  readonly family: 4 | 6;
  readonly mark?: number;
}

/** An unbound, non-blocking fd for `dgram.createSocket(…).bind({ fd })`. */
export declare function udpSocket(options: UdpSocketOptions): number;

/** Closes an fd that was never handed to a server or socket. */
export declare function closeDescriptor(fd: number): void;
