import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  areLabels,
  buildAnswer,
  buildFormatError,
  DNS_RCODE,
  DNS_TYPE,
  encodeName,
  isTruncated,
  parseQuestion,
  readName,
  responseCode,
  splitName,
  udpLimitBytes,
} from './dns-message.ts';

const bytes = (hex: string) => Buffer.from(hex.replace(/\s/g, ''), 'hex');

// id 1234, RD, one question: Www.kdev A IN
const plain = bytes('1234 0100 0001 0000 0000 0000  03 577777 04 6b646576 00 0001 0001');
// the same with an OPT record of 4096 bytes
const edns = bytes(
  '1234 0120 0001 0000 0000 0001  03 577777 04 6b646576 00 0001 0001  00 0029 1000 00000000 0000',
);

const label = fc
  .uint8Array({ minLength: 1, maxLength: 63 })
  .map((raw) => Buffer.from(raw).toString('latin1'));
const name = fc.array(label, { maxLength: 8 }).filter(areLabels);

function query(labels: readonly string[], type: number): Buffer {
  const head = bytes('abcd 0100 0001 0000 0000 0000');
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(type, 0);
  tail.writeUInt16BE(1, 2);
  return Buffer.concat([head, encodeName(labels), tail]);
}

describe('parseQuestion', () => {
  it('reads a plain query', () => {
    expect(parseQuestion(plain)).toEqual({
      id: 0x1234,
      opcode: 0,
      labels: ['Www', 'kdev'],
      name: 'www.kdev',
      type: DNS_TYPE.A,
      class: 1,
      end: plain.length,
    });
  });

  it('reads the size that EDNS offers, never less than 512', () => {
    expect(parseQuestion(edns)?.udpPayloadBytes).toBe(4096);
    const small = Buffer.from(edns);
    small.writeUInt16BE(100, small.length - 8);
    const question = parseQuestion(small);
    expect(question && udpLimitBytes(question)).toBe(512);
  });

  it('round-trips any name of any bytes', () => {
    fc.assert(
      fc.property(name, fc.integer({ min: 0, max: 65_535 }), (labels, type) => {
        const question = parseQuestion(query(labels, type));
        expect(question?.labels).toEqual(labels);
        expect(question?.type).toBe(type);
      }),
    );
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a truncated header', plain.subarray(0, 11)],
    ['a truncated name', plain.subarray(0, 15)],
    ['a truncated question', plain.subarray(0, plain.length - 1)],
    ['an answer', bytes('1234 8180 0001 0000 0000 0000 00 0001 0001')],
    ['no question', bytes('1234 0100 0000 0000 0000 0000')],
    ['two questions', bytes('1234 0100 0002 0000 0000 0000 00 0001 0001 00 0001 0001')],
    ['a pointer to itself', bytes('1234 0100 0001 0000 0000 0000 c00c 0001 0001')],
    ['a reserved label type', bytes('1234 0100 0001 0000 0000 0000 40 0001 0001')],
    ['more than a message', Buffer.concat([plain, Buffer.alloc(65_536)])],
  ])('refuses %s', (_what, message) => {
    expect(parseQuestion(message)).toBeUndefined();
  });

  it('never throws on hostile bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (raw) => {
        const message = Buffer.concat([bytes('1234 0100 0001 0001 0001 0001'), Buffer.from(raw)]);
        parseQuestion(message);
        parseQuestion(Buffer.from(raw));
        buildFormatError(Buffer.from(raw));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('readName', () => {
  it('follows pointers backwards', () => {
    // 0: "a" root, 3: "b" → 0
    expect(readName(bytes('01 61 00  01 62 c000'), 3)).toEqual({ labels: ['b', 'a'], end: 7 });
  });

  it('refuses loops, forward pointers and names that grow over 255 bytes', () => {
    expect(readName(bytes('01 61 c002 00'), 0)).toBeUndefined();
    expect(readName(bytes('01 61 c000'), 0)).toBeUndefined();
    expect(readName(bytes('c002 00'), 0)).toBeUndefined();
    const long = Buffer.concat([encodeName(Array(4).fill('x'.repeat(63))), bytes('00')]);
    expect(readName(long, 0)).toBeUndefined();
  });
});

describe('splitName', () => {
  it('takes what people write', () => {
    expect(splitName('postgres')).toEqual(['postgres']);
    expect(splitName('a.b.')).toEqual(['a', 'b']);
    expect(splitName('.')).toEqual([]);
  });

  it('refuses what is no name', () => {
    expect(splitName('a..b')).toBeUndefined();
    expect(splitName('x'.repeat(64))).toBeUndefined();
    expect(splitName(Array(5).fill('x'.repeat(60)).join('.'))).toBeUndefined();
  });
});

describe('buildAnswer', () => {
  it('answers under the asked name, byte for byte', () => {
    const question = parseQuestion(plain);
    if (question === undefined) throw new Error('no question');
    const answer = buildAnswer(plain, question, {
      rcode: DNS_RCODE.NOERROR,
      records: [{ type: DNS_TYPE.A, ttlSeconds: 5, data: Buffer.of(10, 0, 0, 1) }],
    });
    expect(answer).toEqual(
      bytes(
        '1234 8180 0001 0001 0000 0000  03 577777 04 6b646576 00 0001 0001' +
          'c00c 0001 0001 00000005 0004 0a000001',
      ),
    );
  });

  it('sends an OPT record back and marks truncation and errors', () => {
    const question = parseQuestion(edns);
    if (question === undefined) throw new Error('no question');
    const answer = buildAnswer(edns, question, { rcode: DNS_RCODE.SERVFAIL, truncated: true });
    expect(responseCode(answer)).toBe(DNS_RCODE.SERVFAIL);
    expect(isTruncated(answer)).toBe(true);
    expect(answer.subarray(question.end)).toEqual(bytes('00 0029 04d0 00000000 0000'));
    expect(answer.readUInt16BE(10)).toBe(1);
  });
});

describe('buildFormatError', () => {
  it('echoes the id, and stays silent to answers and to less than a header', () => {
    expect(buildFormatError(bytes('1234 0100 0009 0000 0000 0000'))).toEqual(
      bytes('1234 8181 0000 0000 0000 0000'),
    );
    expect(buildFormatError(bytes('1234 8100 0000 0000 0000 0000'))).toBeUndefined();
    expect(buildFormatError(bytes('1234'))).toBeUndefined();
  });
});
