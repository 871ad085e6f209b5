/**
 * The part of the FUSE kernel ABI 7.x that a read-only file system needs (Linux `include/uapi/linux/fuse.h`): little-endian
 * structs, aligned to 8 bytes. Names are bytes, held as latin1 strings.
 */
import type { FileAttributes } from '../../src/protocol/messages.ts';

/** enum fuse_opcode. */
export const OPCODE = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  READLINK: 5,
  OPEN: 14,
  READ: 15,
  STATFS: 17,
  RELEASE: 18,
  INIT: 26,
  OPENDIR: 27,
  READDIR: 28,
  RELEASEDIR: 29,
  INTERRUPT: 36,
  DESTROY: 38,
  BATCH_FORGET: 42,
  READDIRPLUS: 44,
} as const;

/** Operations that change something: a read-only mount answers EROFS even where the kernel lets them through. */
export const CHANGING: ReadonlySet<number> = new Set([
  4, 6, 8, 9, 10, 11, 12, 13, 16, 21, 24, 35, 43, 45, 51,
]);

/** FUSE_INIT flags of `fuse_init_out.flags`; bits from 32 on are counted from 0 in `flags2`. */
const FLAG = {
  ASYNC_READ: 1 << 0,
  BIG_WRITES: 1 << 5,
  AUTO_INVAL_DATA: 1 << 12,
  DO_READDIRPLUS: 1 << 13,
  READDIRPLUS_AUTO: 1 << 14,
  PARALLEL_DIROPS: 1 << 18,
  ABORT_ERROR: 1 << 21,
  MAX_PAGES: 1 << 22,
  INIT_EXT: 1 << 30,
} as const;
const FLAG2_HAS_RESEND = 1 << 7;

/** enum fuse_notify_code: ask the kernel to send again what a dead server left unanswered. */
export const NOTIFY_RESEND = 7;

export const REQUEST_HEADER_BYTES = 40;
export const REPLY_HEADER_BYTES = 16;
/** Largest READ that the mount asks for, and its `max_read` option. */
export const MAX_READ_BYTES = 1 << 20;
/** Room for the largest request: a read-only mount sees no WRITE, but the kernel insists on this much. */
export const REQUEST_BUFFER_BYTES = (1 << 20) + 4096;

const ENTRY_BYTES = 128;
const ATTRIBUTES_OFFSET_IN_ENTRY = 40;
const TWO_TO_32 = 4294967296;

/** struct fuse_in_header; `unique` stays two words, since it must be echoed bit by bit. */
export interface Request {
  readonly opcode: number;
  readonly uniqueLow: number;
  readonly uniqueHigh: number;
  readonly node: number;
  /** What follows the header; valid only until the handler returns. */
  readonly body: Buffer;
}

export interface Entry {
  /** 0 says that the name does not exist and may be remembered as such for `entryTtlMs`. */
  readonly node: number;
  readonly entryTtlMs: number;
  readonly attributesTtlMs: number;
  readonly attributes?: FileAttributes;
}

export interface Dirent {
  readonly name: string;
  readonly ino: number;
  readonly mode: number;
  readonly entry?: Entry;
}

export function decodeRequest(buffer: Buffer, length: number): Request | undefined {
  if (length < REQUEST_HEADER_BYTES || buffer.readUInt32LE(0) !== length) return undefined;
  return {
    opcode: buffer.readUInt32LE(4),
    uniqueLow: buffer.readUInt32LE(8),
    uniqueHigh: buffer.readUInt32LE(12),
    node: readU64(buffer, 16),
    body: buffer.subarray(REQUEST_HEADER_BYTES, length),
  };
}

/** A key of a request in flight; the high word's top bits are the kernel's resend mark and are left out. */
export function requestKey(low: number, high: number): number {
  return low + (high & 0x1f_ffff) * TWO_TO_32;
}

export function encodeHeader(
  target: Buffer,
  length: number,
  errno: number,
  request: Request,
): void {
  target.writeUInt32LE(length, 0);
  target.writeInt32LE(-errno, 4);
  target.writeUInt32LE(request.uniqueLow, 8);
  target.writeUInt32LE(request.uniqueHigh, 12);
}

/** struct fuse_init_in → struct fuse_init_out. */
export function encodeInit(body: Buffer): Buffer {
  const minor = body.readUInt32LE(4);
  const offered = body.readUInt32LE(12);
  const offered2 = body.length >= 20 ? body.readUInt32LE(16) : 0;
  const wanted = Object.values(FLAG).reduce((sum, flag) => sum | flag, 0);
  const out = Buffer.alloc(64);
  out.writeUInt32LE(7, 0);
  out.writeUInt32LE(Math.min(minor, 41), 4);
  out.writeUInt32LE(Math.min(body.readUInt32LE(8), MAX_READ_BYTES), 8); // max_readahead
  out.writeUInt32LE((wanted & offered) >>> 0, 12);
  out.writeUInt16LE(64, 16); // max_background
  out.writeUInt16LE(48, 18); // congestion_threshold
  out.writeUInt32LE(1 << 20, 20); // max_write
  out.writeUInt32LE(1, 24); // time_gran: nanoseconds
  out.writeUInt16LE(256, 28); // max_pages
  out.writeUInt32LE((FLAG2_HAS_RESEND & offered2) >>> 0, 32);
  return out;
}

export function encodeEntry(entry: Entry): Buffer {
  const out = Buffer.alloc(ENTRY_BYTES);
  putEntry(out, 0, entry);
  return out;
}

/** struct fuse_attr_out. */
export function encodeAttributes(attributes: FileAttributes, node: number, ttlMs: number): Buffer {
  const out = Buffer.alloc(104);
  putDuration(out, 0, 8, ttlMs);
  putAttributes(out, 16, attributes, node);
  return out;
}

/** struct fuse_open_out. */
export function encodeOpen(handle: number, flags: number): Buffer {
  const out = Buffer.alloc(16);
  writeU64(out, 0, handle);
  out.writeUInt32LE(flags, 8);
  return out;
}

/** struct fuse_statfs_out of a file system that tells no sizes: 255-byte names, 4 KiB blocks. */
export function encodeStatfs(): Buffer {
  const out = Buffer.alloc(80);
  out.writeUInt32LE(4096, 40);
  out.writeUInt32LE(255, 44);
  out.writeUInt32LE(4096, 48);
  return out;
}

/**
 * As many of `entries`, from index `from` on, as fit into `size` bytes (struct fuse_dirent, or fuse_direntplus with `plus`).
 * Answers the bytes and how many were taken; a direntplus counts as a look-up of its node.
 */
export function encodeDirents(
  entries: readonly Dirent[],
  from: number,
  size: number,
  plus: 'plus' | 'plain',
) {
  const out = Buffer.alloc(Math.min(size, MAX_READ_BYTES));
  const head = plus === 'plus' ? ENTRY_BYTES : 0;
  let at = 0;
  let taken = 0;
  for (let index = from; index < entries.length; index++) {
    const dirent = entries[index] as Dirent;
    const length = head + ((24 + dirent.name.length + 7) & ~7);
    if (at + length > out.length) break;
    if (head > 0 && dirent.entry) putEntry(out, at, dirent.entry);
    putDirent(out, at + head, dirent, index + 1);
    at += length;
    taken++;
  }
  return { bytes: out.subarray(0, at), taken };
}

/** struct fuse_notify: a message of ours with unique 0 and the code in place of the errno. */
export function encodeNotify(code: number): Buffer {
  const out = Buffer.alloc(REPLY_HEADER_BYTES);
  out.writeUInt32LE(REPLY_HEADER_BYTES, 0);
  out.writeInt32LE(code, 4);
  return out;
}

/** The zero-terminated name at `offset`. */
export function readName(body: Buffer, offset = 0): string {
  const end = body.indexOf(0, offset);
  return body.toString('latin1', offset, end < 0 ? body.length : end);
}

export function readU64(buffer: Buffer, offset: number): number {
  return buffer.readUInt32LE(offset) + buffer.readUInt32LE(offset + 4) * TWO_TO_32;
}

function writeU64(buffer: Buffer, offset: number, value: number): void {
  buffer.writeUInt32LE(value % TWO_TO_32, offset);
  buffer.writeUInt32LE(Math.floor(value / TWO_TO_32) >>> 0, offset + 4);
}

function putDirent(out: Buffer, at: number, dirent: Dirent, next: number): void {
  writeU64(out, at, dirent.ino || 1);
  writeU64(out, at + 8, next);
  out.writeUInt32LE(dirent.name.length, at + 16);
  out.writeUInt32LE((dirent.mode >> 12) & 15, at + 20);
  out.write(dirent.name, at + 24, 'latin1');
}

function putEntry(out: Buffer, at: number, entry: Entry): void {
  writeU64(out, at, entry.node);
  putDuration(out, at + 16, at + 32, entry.entryTtlMs);
  putDuration(out, at + 24, at + 36, entry.attributesTtlMs);
  if (entry.attributes)
    putAttributes(out, at + ATTRIBUTES_OFFSET_IN_ENTRY, entry.attributes, entry.node);
}

function putDuration(out: Buffer, secondsAt: number, nanosecondsAt: number, ms: number): void {
  writeU64(out, secondsAt, Math.floor(ms / 1000));
  out.writeUInt32LE((ms % 1000) * 1e6, nanosecondsAt);
}

/** struct fuse_attr. The node's number stands for the inode: two shown trees may hold equal ones. */
function putAttributes(out: Buffer, at: number, attributes: FileAttributes, node: number): void {
  writeU64(out, at, attributes.ino || node);
  writeU64(out, at + 8, attributes.size);
  writeU64(out, at + 16, attributes.blocks);
  putTime(out, at + 24, at + 48, attributes.atimeNs);
  putTime(out, at + 32, at + 52, attributes.mtimeNs);
  putTime(out, at + 40, at + 56, attributes.ctimeNs);
  out.writeUInt32LE(attributes.mode >>> 0, at + 60);
  out.writeUInt32LE(attributes.nlink >>> 0, at + 64);
  out.writeUInt32LE(attributes.uid >>> 0, at + 68);
  out.writeUInt32LE(attributes.gid >>> 0, at + 72);
  out.writeUInt32LE(attributes.rdev >>> 0, at + 76);
  out.writeUInt32LE(4096, at + 80);
}

/** Seconds are signed and round down, so that nanoseconds stay positive before 1970. */
function putTime(out: Buffer, secondsAt: number, nanosecondsAt: number, ns: bigint): void {
  const nanoseconds = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  out.writeBigInt64LE((ns - nanoseconds) / 1_000_000_000n, secondsAt);
  out.writeUInt32LE(Number(nanoseconds), nanosecondsAt);
}
