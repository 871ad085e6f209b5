import os from 'node:os';
import { KernelError } from './kernel-error.ts';
import {
  AF_NETLINK,
  assertLittleEndian,
  checked,
  lastErrno,
  libc,
  openSocket,
  SOCK_RAW,
} from './libc.ts';

const { EAGAIN, EINTR, EMSGSIZE, ETIMEDOUT } = os.constants.errno;

/** linux/netlink.h */
export const NETLINK_ROUTE = 0;
export const NETLINK_SOCK_DIAG = 4;
export const NETLINK_NETFILTER = 12;
export const NLM_F_REQUEST = 1;
export const NLM_F_ACK = 4;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_DUMP = 0x300;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const HEADER_BYTES = 16;
const ATTRIBUTE_HEADER_BYTES = 4;
const NLA_F_NESTED = 0x8000;
/** The two upper bits of an attribute's type are flags. */
const NLA_TYPE_MASK = 0x3fff;
/** The kernel never answers with more than this at once (NLMSG_GOODSIZE is 8 KiB; dumps grow to the reader's buffer, 32 KiB at most). */
const RECEIVE_BYTES = 64 * 1024;
/** More answers than this to one request are a fault of the kernel's, not ours to wait for. */
const MAX_ANSWERS = 100_000;

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** What follows the header; valid until the next receive. */
  readonly body: Buffer;
}

/**
 * One netlink socket, in the network namespace in which it is made. The kernel answers requests of these families before send()
 * returns, so a request is synchronous and never waits.
 */
export class NetlinkSocket {
  readonly fd: number;
  readonly #buffer = Buffer.allocUnsafe(RECEIVE_BYTES);
  #sequence = 0;
  #open = true;

  constructor(protocol: number) {
    assertLittleEndian();
    this.fd = openSocket({ domain: AF_NETLINK, type: SOCK_RAW, protocol }, (fd) => {
      const address = Buffer.alloc(12);
      address.writeUInt16LE(AF_NETLINK, 0);
      checked(libc.bind(fd, address, address.length), 'bind', 'netlink');
    });
  }

  nextSequence(): number {
    this.#sequence = (this.#sequence + 1) >>> 0 || 1;
    return this.#sequence;
  }

  send(bytes: Buffer): void {
    checked(libc.send(this.fd, bytes, bytes.length, 0), 'send', 'netlink');
  }

  /** One datagram's messages; none where nothing is waiting. */
  receive(): NetlinkMessage[] {
    const length = libc.recv(this.fd, this.#buffer, RECEIVE_BYTES, 0);
    if (length >= 0) return parseMessages(this.#buffer.subarray(0, length));
    const errno = lastErrno();
    if (errno === EAGAIN || errno === EINTR) return [];
    throw new KernelError('recv', errno, 'netlink');
  }

  /**
   * Sends messages that are all numbered `sequence`, one of which asks for an acknowledgement or a dump, and reads until it comes.
   * Answers what came before it; throws the errno that the kernel answers to any of them.
   */
  request(bytes: Buffer, sequence: number, what: string): NetlinkMessage[] {
    this.send(bytes);
    const answers: NetlinkMessage[] = [];
    while (answers.length < MAX_ANSWERS) {
      const messages = this.receive();
      if (messages.length === 0)
        throw new KernelError(what, ETIMEDOUT, 'the kernel did not answer');
      for (const message of messages) {
        if (isEnd(message, sequence, what)) return answers;
        if (!isControl(message)) answers.push({ ...message, body: Buffer.from(message.body) });
      }
    }
    throw new KernelError(what, EMSGSIZE, `more than ${MAX_ANSWERS} answers`);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    libc.close(this.fd);
  }
}

function isControl(message: NetlinkMessage): boolean {
  return message.type === NLMSG_ERROR || message.type === NLMSG_DONE;
}

/** Both carry an errno, 0 for success. What tells of an earlier request is passed over. */
function isEnd(message: NetlinkMessage, sequence: number, what: string): boolean {
  if (!isControl(message) || message.sequence !== sequence) return false;
  const errno = message.body.length < 4 ? 0 : -message.body.readInt32LE(0);
  if (errno > 0) throw new KernelError(what, errno);
  return true;
}

export function encodeMessage(m: {
  type: number;
  flags: number;
  sequence: number;
  body: readonly Buffer[];
}): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const length = m.body.reduce((sum, part) => sum + part.length, HEADER_BYTES);
  header.writeUInt32LE(length, 0);
  header.writeUInt16LE(m.type, 4);
  header.writeUInt16LE(m.flags, 6);
  header.writeUInt32LE(m.sequence, 8);
  return Buffer.concat([header, ...m.body, Buffer.alloc(padding(length))]);
}

/** Messages of one datagram; a length that does not fit ends it. */
export function parseMessages(bytes: Buffer): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    if (length < HEADER_BYTES || at + length > bytes.length) break;
    messages.push({
      type: bytes.readUInt16LE(at + 4),
      flags: bytes.readUInt16LE(at + 6),
      sequence: bytes.readUInt32LE(at + 8),
      body: bytes.subarray(at + HEADER_BYTES, at + length),
    });
    at += length + padding(length);
  }
  return messages;
}

export function encodeAttribute(type: number, value: Buffer): Buffer {
  const length = ATTRIBUTE_HEADER_BYTES + value.length;
  const bytes = Buffer.alloc(length + padding(length));
  bytes.writeUInt16LE(length, 0);
  bytes.writeUInt16LE(type, 2);
  value.copy(bytes, ATTRIBUTE_HEADER_BYTES);
  return bytes;
}

export function encodeNested(type: number, attributes: readonly Buffer[]): Buffer {
  return encodeAttribute(type | NLA_F_NESTED, Buffer.concat(attributes));
}

/** Attributes by type, flags stripped; a length that does not fit ends them. Of one type the last wins. */
export function parseAttributes(bytes: Buffer): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  let at = 0;
  while (at + ATTRIBUTE_HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt16LE(at);
    if (length < ATTRIBUTE_HEADER_BYTES || at + length > bytes.length) break;
    const type = bytes.readUInt16LE(at + 2) & NLA_TYPE_MASK;
    attributes.set(type, bytes.subarray(at + ATTRIBUTE_HEADER_BYTES, at + length));
    at += length + padding(length);
  }
  return attributes;
}

/** Bytes up to the next multiple of four. */
function padding(length: number): number {
  return -length & 3;
}

/** Netfilter's families carry numbers in network order, rtnetlink in the machine's. */
export function uint32be(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, at) => {
    bytes.writeUInt32BE(value >>> 0, at * 4);
  });
  return bytes;
}

export function uint32le(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

/** A NUL-terminated name. */
export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}
