import { Packr, Unpackr } from 'msgpackr';
import { errnoError, violation } from './errno.ts';
import { FRAME, FRAME_HEADER_BYTES, writeFrameHeader } from './frames.ts';
import { LIMITS } from './limits.ts';

/**
 * Maps travel as MessagePack; what is large travels as raw bytes behind them, uncopied. A bigint is an int64 or a uint64;
 * other numbers are what is shortest, and float64 beyond 32 bits.
 */
const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false, structuredClone: false });

export function encodeMap(map: object): Buffer {
  return packr.pack(map);
}

/** The map that a peer sent; throws EPROTO where the bytes are none. */
export function decodeMap(bytes: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = unpackr.unpack(bytes);
  } catch (error) {
    throw violation('a malformed map', error);
  }
  if (!isMap(value)) throw violation('something else than a map');
  return value;
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/** A CALL but for its tail: header, `u8` length of the name, name, `u32` length of the map, map. */
export function encodeCallHead(
  id: number,
  { method, args, tailBytes }: { method: string; args: object; tailBytes: number },
): Buffer {
  const map = encodeMap(args);
  const name = Buffer.from(method, 'latin1');
  const payloadBytes = 1 + name.length + 4 + map.length + tailBytes;
  checkSize(payloadBytes, map.length);
  const head = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payloadBytes - tailBytes);
  writeFrameHeader(head, 0, { type: FRAME.call, id, payloadBytes });
  head[FRAME_HEADER_BYTES] = name.length;
  head.set(name, FRAME_HEADER_BYTES + 1);
  writeMap(head, FRAME_HEADER_BYTES + 1 + name.length, map);
  return head;
}

/** A REPLY but for its tail: header, `u32` length of the map, map. */
export function encodeReplyHead(id: number, body: object, tailBytes: number): Buffer {
  const map = encodeMap(body);
  const payloadBytes = 4 + map.length + tailBytes;
  checkSize(payloadBytes, map.length);
  const head = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payloadBytes - tailBytes);
  writeFrameHeader(head, 0, { type: FRAME.reply, id, payloadBytes });
  writeMap(head, FRAME_HEADER_BYTES, map);
  return head;
}

export interface Message {
  readonly map: Buffer;
  readonly tail: Buffer;
}

export function splitCall(payload: Buffer): Message & { readonly method: string } {
  const nameBytes = payload[0] ?? 0;
  if (nameBytes === 0 || nameBytes > LIMITS.methodBytes || payload.length < 1 + nameBytes) {
    throw violation('a CALL without a method');
  }
  const method = payload.toString('latin1', 1, 1 + nameBytes);
  return { method, ...splitReply(payload.subarray(1 + nameBytes)) };
}

export function splitReply(payload: Buffer): Message {
  const bytes = payload.length < 4 ? -1 : payload.readUInt32BE(0);
  if (bytes < 0 || bytes > LIMITS.bodyBytes || payload.length < 4 + bytes) {
    throw violation('a truncated map');
  }
  return { map: payload.subarray(4, 4 + bytes), tail: payload.subarray(4 + bytes) };
}

function checkSize(payloadBytes: number, mapBytes: number): void {
  if (payloadBytes > LIMITS.callBytes || mapBytes > LIMITS.bodyBytes) {
    throw errnoError(
      'EMSGSIZE',
      `${payloadBytes} bytes do not fit a call, the limit is ${LIMITS.callBytes}`,
    );
  }
}

function writeMap(into: Buffer, at: number, map: Buffer): void {
  into.writeUInt32BE(map.length, at);
  into.set(map, at + 4);
}
