import os from 'node:os';
import koffi from 'koffi';
import { KernelError } from './kernel-error.ts';

/**
 * The C library as this process has it loaded (glibc or musl), and the numbers that go with it on Linux, x64 and arm64 alike.
 * Addresses are bigints (null for NULL); lengths and results fit a number. Call, then `checked`: errno lives until the next call.
 */
const library = koffi.load(null);

function declare<F extends (...values: never[]) => unknown>(prototype: string): F {
  return library.func(prototype) as unknown as F;
}

export type Address = bigint;

export const libc = {
  socket: declare<(domain: number, type: number, protocol: number) => number>(
    'int socket(int, int, int)',
  ),
  setsockopt: declare<
    (fd: number, level: number, option: number, value: Buffer, length: number) => number
  >('int setsockopt(int, int, int, const void*, uint32_t)'),
  getsockopt: declare<
    (fd: number, level: number, option: number, value: Buffer, length: Buffer) => number
  >('int getsockopt(int, int, int, void*, void*)'),
  bind: declare<(fd: number, address: Buffer, length: number) => number>(
    'int bind(int, const void*, uint32_t)',
  ),
  listen: declare<(fd: number, backlog: number) => number>('int listen(int, int)'),
  send: declare<(fd: number, bytes: Buffer, length: number, flags: number) => number>(
    'intptr_t send(int, const void*, size_t, int)',
  ),
  recv: declare<(fd: number, bytes: Buffer, length: number, flags: number) => number>(
    'intptr_t recv(int, void*, size_t, int)',
  ),
  sendto: declare<
    (
      fd: number,
      bytes: Buffer,
      length: number,
      flags: number,
      address: Buffer,
      addressLength: number,
    ) => number
  >('intptr_t sendto(int, const void*, size_t, int, const void*, uint32_t)'),
  recvmmsg: declare<
    (fd: number, messages: Buffer, count: number, flags: number, timeout: null) => number
  >('int recvmmsg(int, void*, unsigned int, int, void*)'),
  sendmsg: declare<(fd: number, message: Buffer, flags: number) => number>(
    'intptr_t sendmsg(int, const void*, int)',
  ),
  recvfrom: declare<
    (
      fd: number,
      bytes: Buffer,
      length: number,
      flags: number,
      address: Buffer,
      addressLength: Buffer,
    ) => number
  >('intptr_t recvfrom(int, void*, size_t, int, void*, void*)'),
  getsockname: declare<(fd: number, address: Buffer, length: Buffer) => number>(
    'int getsockname(int, void*, void*)',
  ),
  open: declare<(path: string, flags: number) => number>('int open(const char*, int)'),
  close: declare<(fd: number) => number>('int close(int)'),
  mmap: declare<
    (
      hint: null,
      length: number,
      protection: number,
      flags: number,
      fd: number,
      offset: number,
    ) => Address
  >('void* mmap(void*, size_t, int, int, int, intptr_t)'),
  munmap: declare<(address: Address, length: number) => number>('int munmap(void*, size_t)'),
  setns: declare<(fd: number, kind: number) => number>('int setns(int, int)'),
};

/** Numbers from the kernel's uapi headers: asm-generic/socket.h, linux/in.h, linux/in6.h, linux/netlink.h, linux/if_packet.h. */
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SOL_IP = 0;
export const SOL_IPV6 = 41;
export const SOL_PACKET = 263;
export const SOL_NETLINK = 270;
export const SO_REUSEADDR = 2;
export const SO_RCVBUF = 8;
export const SO_RCVBUFFORCE = 33;
export const SO_MARK = 36;
export const SO_ATTACH_FILTER = 26;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** Every structure here is written little-endian; a machine of the other order is refused, not served wrongly. */
export function assertLittleEndian(): void {
  if (os.endianness() !== 'LE') throw new Error('kdev runs on little-endian machines only');
}

/** Passes a result through, or throws what errno says of a negative one. Give it the call itself, so that nothing comes between. */
export function checked(result: number, syscall: string, detail?: string): number {
  if (result < 0) throw new KernelError(syscall, koffi.errno(), detail);
  return result;
}

/** errno of the call just made. */
export function lastErrno(): number {
  return koffi.errno();
}

/** The address of a buffer's bytes, for structures that point to them: keep the buffer referenced for as long as the kernel may look. */
export function addressOf(bytes: Buffer): Address {
  return koffi.address(bytes);
}

/** Memory that this process shares with the kernel. Nothing of it may be touched after `unmap`. */
export interface Mapping {
  readonly address: Address;
  readonly bytes: Buffer<ArrayBuffer>;
}

/** Maps `length` bytes of an fd, readable and writable. */
export function mapShared(fd: number, length: number): Mapping {
  const address = libc.mmap(null, length, PROT_READ_WRITE, MAP_SHARED, fd, 0);
  if (address === MAP_FAILED) throw new KernelError('mmap', koffi.errno(), `${length} bytes`);
  return { address, bytes: Buffer.from(koffi.view(address, length)) };
}

export function unmap(mapping: Mapping): void {
  checked(libc.munmap(mapping.address, mapping.bytes.length), 'munmap');
}

export function setIntOption(fd: number, level: number, option: number, value: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value | 0);
  setOption({ fd, level, option, value: bytes });
}

export function setOption(o: { fd: number; level: number; option: number; value: Buffer }): void {
  const result = libc.setsockopt(o.fd, o.level, o.option, o.value, o.value.length);
  checked(result, 'setsockopt', `level ${o.level}, option ${o.option}`);
}

/** Reads an option of at most `capacity` bytes; answers as many as the kernel gave. */
export function getOption(o: {
  fd: number;
  level: number;
  option: number;
  capacity: number;
}): Buffer {
  const value = Buffer.alloc(o.capacity);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(o.capacity);
  const result = libc.getsockopt(o.fd, o.level, o.option, value, length);
  checked(result, 'getsockopt', `level ${o.level}, option ${o.option}`);
  return value.subarray(0, Math.min(length.readUInt32LE(), o.capacity));
}

/** Opens a socket, hands it to `prepare`, and closes it again where that throws. */
export function openSocket(
  kind: { domain: number; type: number; protocol: number },
  prepare: (fd: number) => void,
): number {
  const type = kind.type | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = checked(libc.socket(kind.domain, type, kind.protocol), 'socket');
  try {
    prepare(fd);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  return fd;
}
