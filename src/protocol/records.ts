import type { Framing } from './decoder.ts';
import { violation } from './errno.ts';
import { LIMITS } from './limits.ts';

/** The records of the link: `u8 type | u24 length | payload`, see SPEC.md. */
export const RECORD = {
  data: 1,
  ack: 2,
  ping: 3,
  pong: 4,
  fin: 5,
  finAck: 6,
  abort: 7,
} as const;

export const RECORD_HEADER_BYTES = 4;
export const MAX_RECORD_BYTES = 0xff_ff_ff;

const mostPayload: readonly (number | undefined)[] = (() => {
  const most: (number | undefined)[] = [];
  most[RECORD.data] = MAX_RECORD_BYTES;
  most[RECORD.ack] = 8;
  most[RECORD.ping] = 0;
  most[RECORD.pong] = 0;
  most[RECORD.fin] = 0;
  most[RECORD.finAck] = 0;
  most[RECORD.abort] = 2 + LIMITS.textBytes;
  return most;
})();

export const recordFraming: Framing = {
  headerBytes: RECORD_HEADER_BYTES,
  passedType: RECORD.data,
  maxPayload: (type) => (type >= 0x80 ? LIMITS.skippedBytes : mostPayload[type]),
};

export function writeRecordHeader(into: Buffer, at: number, type: number, bytes: number): number {
  into[at] = type;
  into[at + 1] = bytes >>> 16;
  into[at + 2] = bytes >>> 8;
  into[at + 3] = bytes;
  return at + RECORD_HEADER_BYTES;
}

export function encodeRecord(type: number, payload?: Buffer): Buffer {
  const bytes = payload?.length ?? 0;
  const record = Buffer.allocUnsafe(RECORD_HEADER_BYTES + bytes);
  writeRecordHeader(record, 0, type, bytes);
  if (payload !== undefined) record.set(payload, RECORD_HEADER_BYTES);
  return record;
}

export const ACK_RECORD_BYTES = RECORD_HEADER_BYTES + 8;

/** Offsets stay below 2^53: a link would need years at full speed to reach it. */
export function writeAck(into: Buffer, at: number, offset: number): number {
  const payload = writeRecordHeader(into, at, RECORD.ack, 8);
  writeOffset(into, payload, offset);
  return payload + 8;
}

export function decodeAck(payload: Buffer): number {
  if (payload.length !== 8) throw violation('a malformed ACK');
  return readOffset(payload, 0);
}

const magic = Buffer.from('KDL1', 'latin1');

/** The caller's first bytes on a secured pipe. */
export interface LinkHello {
  /** 16 random bytes as hexadecimal digits. */
  readonly link: string;
  /** Counts the pipes of this link, from 1. */
  readonly epoch: number;
  /** Whether the acceptor has ever welcomed this link. */
  readonly resume: boolean;
  /** Bytes of the acceptor that the caller has. */
  readonly received: number;
}

export const LINK_HELLO_BYTES = 33;

export function encodeLinkHello(hello: LinkHello): Buffer {
  const bytes = Buffer.alloc(LINK_HELLO_BYTES);
  magic.copy(bytes);
  bytes.write(hello.link, 4, 16, 'hex');
  bytes.writeUInt32BE(hello.epoch, 20);
  bytes.writeUInt8(hello.resume ? 1 : 0, 24);
  writeOffset(bytes, 25, hello.received);
  return bytes;
}

export function decodeLinkHello(bytes: Buffer): LinkHello {
  checkMagic(bytes);
  return {
    link: bytes.toString('hex', 4, 20),
    epoch: bytes.readUInt32BE(20),
    resume: bytes.readUInt8(24) === 1,
    received: readOffset(bytes, 25),
  };
}

/** What the acceptor says to a HELLO. */
export const WELCOME = {
  ok: 0,
  /** The acceptor does not know this link any more. */
  gone: 1,
  /** A newer pipe of this link came first. */
  stale: 2,
  /** The acceptor knows too many links. */
  busy: 3,
  /** The link was closed properly and everything arrived. */
  closed: 4,
} as const;

export interface LinkWelcome {
  readonly status: number;
  /** Bytes of the caller that the acceptor has. */
  readonly received: number;
}

export const LINK_WELCOME_BYTES = 13;

export function encodeLinkWelcome(welcome: LinkWelcome): Buffer {
  const bytes = Buffer.alloc(LINK_WELCOME_BYTES);
  magic.copy(bytes);
  bytes.writeUInt8(welcome.status, 4);
  writeOffset(bytes, 5, welcome.received);
  return bytes;
}

export function decodeLinkWelcome(bytes: Buffer): LinkWelcome {
  checkMagic(bytes);
  return { status: bytes.readUInt8(4), received: readOffset(bytes, 5) };
}

function checkMagic(bytes: Buffer): void {
  if (!bytes.subarray(0, 4).equals(magic)) {
    throw violation('the other end of the pipe does not speak this version of the link');
  }
}

function writeOffset(into: Buffer, at: number, offset: number): void {
  into.writeUInt32BE(Math.floor(offset / 0x1_0000_0000), at);
  into.writeUInt32BE(offset % 0x1_0000_0000, at + 4);
}

function readOffset(bytes: Buffer, at: number): number {
  const offset = bytes.readUInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
  if (!Number.isSafeInteger(offset)) {
    throw violation('an offset beyond 2^53');
  }
  return offset;
}
