import type { Writable } from 'node:stream';
import {
  ACK_RECORD_BYTES,
  MAX_RECORD_BYTES,
  RECORD,
  RECORD_HEADER_BYTES,
  writeAck,
  writeRecordHeader,
} from '../protocol/records.ts';

/** Up to here one copy is cheaper than a vector of writes. */
const copiedBytes = 4 * 1024;

/** Writes DATA records, with an ACK of `ackOffset` before them where one is due. Large frames are not copied. */
export function writeData(
  pipe: Writable,
  frames: readonly Buffer[],
  bytes: number,
  ackOffset: number | undefined,
): void {
  const ackBytes = ackOffset === undefined ? 0 : ACK_RECORD_BYTES;
  if (bytes <= copiedBytes) {
    const record = Buffer.allocUnsafe(ackBytes + RECORD_HEADER_BYTES + bytes);
    let at = ackOffset === undefined ? 0 : writeAck(record, 0, ackOffset);
    at = writeRecordHeader(record, at, RECORD.data, bytes);
    for (const frame of frames) {
      record.set(frame, at);
      at += frame.length;
    }
    pipe.write(record);
    return;
  }
  pipe.cork();
  if (ackOffset !== undefined) {
    const record = Buffer.allocUnsafe(ACK_RECORD_BYTES);
    writeAck(record, 0, ackOffset);
    pipe.write(record);
  }
  writeRecords(pipe, frames);
  pipe.uncork();
}

function writeRecords(pipe: Writable, frames: readonly Buffer[]): void {
  let next = 0;
  while (next < frames.length) {
    const first = next;
    let bytes = 0;
    for (; next < frames.length; next += 1) {
      const length = frames[next]?.length ?? 0;
      if (bytes + length > MAX_RECORD_BYTES) break;
      bytes += length;
    }
    const header = Buffer.allocUnsafe(RECORD_HEADER_BYTES);
    writeRecordHeader(header, 0, RECORD.data, bytes);
    pipe.write(header);
    for (const frame of frames.slice(first, next)) pipe.write(frame);
  }
}
