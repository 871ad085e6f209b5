import type { Framing } from './decoder.ts';
import { violation } from './errno.ts';
import { encodeCodeAndText } from './failure.ts';
import { LIMITS } from './limits.ts';

/** The frames of the mux: `u8 type | u24 length | u32 id | payload`, see SPEC.md. */
export const FRAME = {
  hello: 1,
  open: 2,
  accept: 3,
  data: 4,
  window: 5,
  fin: 6,
  rst: 7,
  datagram: 8,
  call: 9,
  reply: 10,
  error: 11,
  cancel: 12,
  ping: 13,
  pong: 14,
  goaway: 15,
} as const;

export const FRAME_HEADER_BYTES = 8;

/** A type from here on may be skipped by a peer that does not know it. */
export const SKIPPABLE = 0x80;

const mostPayload: readonly (number | undefined)[] = (() => {
  const most: (number | undefined)[] = [];
  most[FRAME.hello] = LIMITS.helloBytes;
  most[FRAME.open] = LIMITS.openBytes;
  most[FRAME.accept] = 0;
  most[FRAME.data] = LIMITS.dataFrameBytes;
  most[FRAME.window] = 4;
  most[FRAME.fin] = 0;
  most[FRAME.rst] = 2;
  most[FRAME.datagram] = LIMITS.datagramBytes;
  most[FRAME.call] = LIMITS.callBytes;
  most[FRAME.reply] = LIMITS.callBytes;
  most[FRAME.error] = 2 + LIMITS.textBytes;
  most[FRAME.cancel] = 0;
  most[FRAME.ping] = 0;
  most[FRAME.pong] = 0;
  most[FRAME.goaway] = 2 + LIMITS.textBytes;
  return most;
})();

export const frameFraming: Framing = {
  headerBytes: FRAME_HEADER_BYTES,
  passedType: FRAME.data,
  maxPayload: (type) => (type >= SKIPPABLE ? LIMITS.skippedBytes : mostPayload[type]),
};

/** A whole frame; the payload is copied. */
export function encodeFrame(type: number, id: number, payload?: Buffer): Buffer {
  const bytes = payload?.length ?? 0;
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + bytes);
  writeFrameHeader(frame, 0, { type, id, payloadBytes: bytes });
  if (payload !== undefined) frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

export function encodeWindow(id: number, bytes: number): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + 4);
  writeFrameHeader(frame, 0, { type: FRAME.window, id, payloadBytes: 4 });
  frame.writeUInt32BE(bytes, FRAME_HEADER_BYTES);
  return frame;
}

export function decodeWindow(payload: Buffer): number {
  if (payload.length !== 4) throw violation('a malformed WINDOW');
  return payload.readUInt32BE(0);
}

export function encodeRst(id: number, code: number): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + 2);
  writeFrameHeader(frame, 0, { type: FRAME.rst, id, payloadBytes: 2 });
  frame.writeUInt16BE(code, FRAME_HEADER_BYTES);
  return frame;
}

export function decodeRst(payload: Buffer): number {
  if (payload.length !== 2) throw violation('a malformed RST');
  return payload.readUInt16BE(0);
}

/** ERROR or GOAWAY: an errno number and a text, cut to its limit. */
export function encodeFailure(type: number, id: number, code: number, text: string): Buffer {
  return encodeFrame(type, id, encodeCodeAndText(code, text));
}

export function writeFrameHeader(
  into: Buffer,
  at: number,
  { type, id, payloadBytes }: { type: number; id: number; payloadBytes: number },
): void {
  into[at] = type;
  into[at + 1] = payloadBytes >>> 16;
  into[at + 2] = payloadBytes >>> 8;
  into[at + 3] = payloadBytes;
  into[at + 4] = id >>> 24;
  into[at + 5] = id >>> 16;
  into[at + 6] = id >>> 8;
  into[at + 7] = id;
}
