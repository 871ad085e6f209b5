import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Decoder } from './decoder.ts';
import { encodeFrame, FRAME, FRAME_HEADER_BYTES, frameFraming } from './frames.ts';
import { LIMITS } from './limits.ts';
import { encodeRecord, RECORD, recordFraming } from './records.ts';

interface Unit {
  readonly type: number;
  readonly id: number;
  readonly payload: string;
}

/** Decodes chunks; neighbouring pieces of one DATA frame are joined by id. */
function decode(chunks: readonly Buffer[], framing = frameFraming): Unit[] {
  const units: Unit[] = [];
  const decoder = new Decoder(framing, {
    unit: (type, id, payload) => units.push({ type, id, payload: payload.toString('hex') }),
    piece: (id, piece) =>
      units.push({ type: framing.passedType, id, payload: piece.toString('hex') }),
  });
  for (const chunk of chunks) decoder.push(chunk);
  return units;
}

function joined(units: readonly Unit[]): Unit[] {
  const whole: Unit[] = [];
  for (const unit of units) {
    const last = whole.at(-1);
    if (unit.type === FRAME.data && last?.type === FRAME.data && last.id === unit.id) {
      whole[whole.length - 1] = { ...last, payload: last.payload + unit.payload };
    } else if (unit.type !== FRAME.data || unit.payload !== '') whole.push(unit);
  }
  return whole;
}

/** Cuts bytes at the given places, which are taken modulo their length. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort(
    (a, b) => a - b,
  );
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const plainTypes = [FRAME.hello, FRAME.open, FRAME.datagram, FRAME.call, FRAME.reply, 0x80, 0xff];
const anyFrame = fc.record({
  type: fc.constantFrom(...plainTypes, FRAME.data),
  id: fc.integer({ min: 0, max: 0xffff_ffff }),
  payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});

describe('frames', () => {
  test('literal bytes', () => {
    const bytes = Buffer.from('0400000300000007616263' + '0600000000000007', 'hex');
    //                         type length id      a b c   FIN, no payload, id 7
    expect(decode([bytes])).toEqual([
      { type: FRAME.data, id: 7, payload: '616263' },
      { type: FRAME.fin, id: 7, payload: '' },
    ]);
  });

  test('any frames in any chunking come out as they went in', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 20 }), fc.array(fc.nat()), (frames, places) => {
        const bytes = Buffer.concat(
          frames.map(({ type, id, payload }) => encodeFrame(type, id, payload)),
        );
        const expected = frames.map(({ type, id, payload }) => ({
          type,
          id,
          payload: payload.toString('hex'),
        }));
        expect(joined(decode(cut(bytes, places)))).toEqual(joined(expected));
      }),
    );
  });

  test('byte by byte', () => {
    const frames = [
      encodeFrame(FRAME.open, 1, Buffer.from('info')),
      encodeFrame(FRAME.data, 1, Buffer.from('x'.repeat(20))),
      encodeFrame(FRAME.fin, 1),
    ];
    const bytes = [...Buffer.concat(frames)].map((byte) => Buffer.from([byte]));
    expect(joined(decode(bytes))).toEqual([
      { type: FRAME.open, id: 1, payload: Buffer.from('info').toString('hex') },
      { type: FRAME.data, id: 1, payload: '78'.repeat(20) },
      { type: FRAME.fin, id: 1, payload: '' },
    ]);
  });

  test('the payload of DATA is passed on uncopied, as it arrives', () => {
    const pieces: Buffer[] = [];
    const decoder = new Decoder(frameFraming, {
      unit: () => {},
      piece: (_id, piece) => pieces.push(piece),
    });
    const chunk = encodeFrame(FRAME.data, 9, Buffer.alloc(1000, 1)).subarray(0, 500);
    decoder.push(chunk);
    expect(pieces).toHaveLength(1);
    expect(pieces[0]?.buffer).toBe(chunk.buffer);
    expect(pieces[0]?.byteOffset).toBe(chunk.byteOffset + FRAME_HEADER_BYTES);
  });

  test.each([
    [FRAME.hello, LIMITS.helloBytes],
    [FRAME.open, LIMITS.openBytes],
    [FRAME.accept, 0],
    [FRAME.data, LIMITS.dataFrameBytes],
    [FRAME.window, 4],
    [FRAME.fin, 0],
    [FRAME.rst, 2],
    [FRAME.datagram, LIMITS.datagramBytes],
    [FRAME.call, LIMITS.callBytes],
    [FRAME.reply, LIMITS.callBytes],
    [FRAME.error, 2 + LIMITS.textBytes],
    [FRAME.cancel, 0],
    [FRAME.ping, 0],
    [FRAME.pong, 0],
    [FRAME.goaway, 2 + LIMITS.textBytes],
    [0x80, LIMITS.skippedBytes],
  ])('type %i takes %i bytes and not one more, and says so before they arrive', (type, most) => {
    const header = (bytes: number) => encodeFrame(type, 1, Buffer.alloc(bytes)).subarray(0, 8);
    expect(() => decode([header(most)])).not.toThrow();
    expect(() => decode([header(most + 1)])).toThrow(expect.objectContaining({ code: 'EPROTO' }));
  });

  test('types below 0x80 that do not exist are refused', () => {
    for (const type of [0, 16, 0x7f]) {
      expect(() => decode([encodeFrame(type, 0)])).toThrow(`an unknown type ${type}`);
    }
  });
});

describe('records', () => {
  test('literal bytes in any chunking', () => {
    const bytes = Buffer.from('01000003616263' + '020000080000000100000002' + '05000000', 'hex');
    //                         DATA 3 a b c     ACK 8 2^32 + 2            FIN
    fc.assert(
      fc.property(fc.array(fc.nat()), (places) => {
        const units = decode(cut(bytes, places), recordFraming);
        const data = units.filter(({ type }) => type === RECORD.data);
        expect(data.map(({ payload }) => payload).join('')).toBe('616263');
        expect(units.filter(({ type }) => type !== RECORD.data)).toEqual([
          { type: RECORD.ack, id: 0, payload: '0000000100000002' },
          { type: RECORD.fin, id: 0, payload: '' },
        ]);
      }),
    );
  });

  test.each([
    [RECORD.ack, 8],
    [RECORD.ping, 0],
    [RECORD.pong, 0],
    [RECORD.fin, 0],
    [RECORD.finAck, 0],
    [RECORD.abort, 2 + LIMITS.textBytes],
    [0x80, LIMITS.skippedBytes],
  ])('type %i takes %i bytes and not one more', (type, most) => {
    const header = (bytes: number) => encodeRecord(type, Buffer.alloc(bytes)).subarray(0, 4);
    expect(() => decode([header(most)], recordFraming)).not.toThrow();
    expect(() => decode([header(most + 1)], recordFraming)).toThrow(`limit is ${most}`);
  });
});
