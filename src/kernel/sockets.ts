import net from 'node:net';
import os from 'node:os';
import type { Endpoint } from './endpoint.ts';
import { KernelError } from './kernel-error.ts';
import {
  AF_INET,
  AF_INET6,
  checked,
  getOption,
  libc,
  openSocket,
  SO_MARK,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  setIntOption,
  setOption,
} from './libc.ts';
import { decodeSocketAddress, encodeSocketAddress, familyOf } from './socket-address.ts';

const SO_OOBINLINE = 10;
const SO_LINGER = 13;
const IP_TRANSPARENT = 19;
const IP_BIND_ADDRESS_NO_PORT = 24;
const IPV6_V6ONLY = 26;
const IPV6_TRANSPARENT = 75;
/** The same number at both levels: SO_ORIGINAL_DST, IP6T_SO_ORIGINAL_DST. */
const SO_ORIGINAL_DST = 80;
/** A burst of accepted verdicts arrives at once; the kernel caps this at net.core.somaxconn. */
const BACKLOG = 4096;

export interface ConnectOptions {
  readonly to: Endpoint;
  /** Source to bind first; port 0 lets the kernel choose. */
  readonly bindTo?: Endpoint;
  /** SO_MARK, set before anything is sent (needs NET_ADMIN, or NET_RAW since Linux 5.17). */
  readonly mark?: number;
  /** Lets `bindTo` be an address that is not ours (needs NET_ADMIN or NET_RAW). */
  readonly transparent?: boolean;
}

export interface UdpSocketOptions {
  readonly family: 4 | 6;
  readonly mark?: number;
}

/**
 * A listening fd that accepts connections to foreign addresses (TPROXY): an accepted socket's `localAddress:localPort` is where its
 * client was going. For `server.listen({ fd })`, which owns it from then on. `::1` serves IPv6 only.
 */
export function listenTransparent(address: string, port: number): number {
  const family = familyOf(address);
  return openSocket({ domain: domainOf(family), type: SOCK_STREAM, protocol: 0 }, (fd) => {
    setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (family === 6) setIntOption(fd, SOL_IPV6, IPV6_V6ONLY, 1);
    allowForeignAddresses(fd, family);
    bindTo(fd, { address, port });
    checked(libc.listen(fd, BACKLOG), 'listen');
  });
}

/**
 * Connects: half-open allowed, and paused until it is read or resumed. What socket, options or bind refuse is thrown as a KernelError
 * (EADDRINUSE, EPERM …); what connect() refuses comes as 'error', with the errno's name in `code`.
 */
export function connectFrom(options: ConnectOptions): net.Socket {
  const family = familyOf(options.to.address);
  assertPort(options.to.port);
  const fd = openSocket({ domain: domainOf(family), type: SOCK_STREAM, protocol: 0 }, (opened) => {
    if (options.mark !== undefined) setIntOption(opened, SOL_SOCKET, SO_MARK, options.mark);
    if (options.transparent === true) allowForeignAddresses(opened, family);
    if (options.bindTo !== undefined) bindSource(opened, options.bindTo);
  });
  // pauseOnCreate is undocumented and in every Node since 10: without it Node reads the socket before it is connected.
  const create = { fd, allowHalfOpen: true, pauseOnCreate: true };
  const socket = new net.Socket(create);
  socket.connect(options.to.port, options.to.address);
  return socket;
}

/**
 * Where a connection that a REDIRECT or DNAT rule brought here was going, as conntrack of this namespace remembers it. Throws a
 * KernelError: ENOENT where it knows nothing of the connection.
 */
export function originalDestination(socket: net.Socket): Endpoint {
  const v6 = net.isIPv6(socket.localAddress ?? '') && !isMapped(socket.localAddress ?? '');
  const value = getOption({
    fd: descriptorOf(socket),
    level: v6 ? SOL_IPV6 : SOL_IP,
    option: SO_ORIGINAL_DST,
    capacity: v6 ? 28 : 16,
  });
  const endpoint = decodeSocketAddress(value);
  if (endpoint === undefined)
    throw new KernelError('getsockopt', os.constants.errno.ENOENT, 'SO_ORIGINAL_DST');
  return endpoint;
}

/** An unbound, non-blocking fd for `dgram.createSocket(…).bind({ fd })`, which owns it from then on. */
export function udpSocket(options: UdpSocketOptions): number {
  const domain = domainOf(options.family);
  return openSocket({ domain, type: SOCK_DGRAM, protocol: 0 }, (fd) => {
    if (options.family === 6) setIntOption(fd, SOL_IPV6, IPV6_V6ONLY, 1);
    if (options.mark !== undefined) setIntOption(fd, SOL_SOCKET, SO_MARK, options.mark);
  });
}

/**
 * From now on the kernel ends this connection with a reset where it closes it without our word: the process was killed. Otherwise a peer
 * would read the cut as a regular end of the stream. Take it back with `deliverOnClose` before the connection is closed in order.
 */
export function resetOnClose(socket: net.Socket): void {
  setLinger(socket, 1);
}

/**
 * TCP's urgent byte is read in its place among the others (RFC 6093 section 4 tells programs to ask for that): else the kernel takes it
 * out of the stream, and a relay would lose it.
 */
export function keepUrgentInline(socket: net.Socket): void {
  setIntOption(descriptorOf(socket), SOL_SOCKET, SO_OOBINLINE, 1);
}

/** The kernel's default: what was written is still delivered after close(), and then the FIN. */
export function deliverOnClose(socket: net.Socket): void {
  setLinger(socket, 0);
}

/** Closes an fd that was never handed to a server or socket. */
export function closeDescriptor(fd: number): void {
  checked(libc.close(fd), 'close');
}

/** Beforehand: Node would refuse it when the socket is open already. */
function assertPort(port: number): void {
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`not a port: ${port}`);
}

function domainOf(family: 4 | 6): number {
  return family === 6 ? AF_INET6 : AF_INET;
}

function allowForeignAddresses(fd: number, family: 4 | 6): void {
  if (family === 6) setIntOption(fd, SOL_IPV6, IPV6_TRANSPARENT, 1);
  else setIntOption(fd, SOL_IP, IP_TRANSPARENT, 1);
}

function bindSource(fd: number, source: Endpoint): void {
  setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  // Choosing the port at connect() lets one ephemeral port serve many destinations.
  if (source.port === 0) setIntOption(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  bindTo(fd, source);
}

function bindTo(fd: number, endpoint: Endpoint): void {
  const address = encodeSocketAddress(endpoint);
  checked(
    libc.bind(fd, address, address.length),
    'bind',
    `${endpoint.address}, port ${endpoint.port}`,
  );
}

/** struct linger: switched on with a time of 0 it means a reset. */
function setLinger(socket: net.Socket, on: 0 | 1): void {
  const value = Buffer.alloc(8);
  value.writeInt32LE(on, 0);
  setOption({ fd: descriptorOf(socket), level: SOL_SOCKET, option: SO_LINGER, value });
}

function isMapped(address: string): boolean {
  return address.toLowerCase().startsWith('::ffff:');
}

/** Whether a connection of the kernel's is behind it. */
export function hasDescriptor(socket: net.Socket): boolean {
  return findDescriptor(socket) >= 0;
}

function descriptorOf(socket: net.Socket): number {
  const fd = findDescriptor(socket);
  if (fd < 0) throw new Error('the socket is closed');
  return fd;
}

/** Node keeps the fd in its handle, under a name that has not changed since 0.12; a TLS socket's is that of the socket below. */
function findDescriptor(socket: net.Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = handle instanceof Object ? Reflect.get(handle, 'fd') : undefined;
  return typeof fd === 'number' ? fd : -1;
}
