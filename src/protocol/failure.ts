import { LIMITS } from './limits.ts';

/** The payload of ERROR, GOAWAY and the link's ABORT: an errno number and a text for people, cut to its limit. */
export function encodeCodeAndText(code: number, text: string): Buffer {
  const encoded = Buffer.from(text, 'utf8').subarray(0, LIMITS.textBytes);
  const payload = Buffer.allocUnsafe(2 + encoded.length);
  payload.writeUInt16BE(code, 0);
  payload.set(encoded, 2);
  return payload;
}

export function decodeCodeAndText(payload: Buffer): { code: number; text: string } {
  if (payload.length < 2) return { code: 0, text: '' };
  return { code: payload.readUInt16BE(0), text: payload.toString('utf8', 2) };
}
