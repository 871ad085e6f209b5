import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeName, parseQuestion, readName } from '../../src/protocol/dns-message.ts';
import { renameAnswer } from './rename-answer.ts';

const bytes = (hex: string) => Buffer.from(hex.replace(/\s/g, ''), 'hex');
const u16 = (value: number) => Buffer.of(value >> 8, value & 0xff);

const query = Buffer.concat([
  bytes('1234 0100 0001 0000 0000 0000'),
  encodeName(['Db']),
  bytes('0001 0001'),
]);
const question = (() => {
  const parsed = parseQuestion(query);
  if (!parsed) throw new Error('no question');
  return parsed;
})();

/** An answer to db.shop.local (at offset 12: db at 12, shop at 15, local at 20), records in its answer section. */
function answer(...records: Buffer[]): Buffer {
  return Buffer.concat([
    bytes('9999 8180 0001'),
    u16(records.length),
    bytes('0000 0000'),
    encodeName(['db', 'shop', 'local']),
    bytes('0001 0001'),
    ...records,
  ]);
}

const record = (owner: string, type: number, data: Buffer) =>
  Buffer.concat([bytes(owner), u16(type), bytes('0001 0000001e'), u16(data.length), data]);

/** The records of a message as owner, type and data. */
function records(message: Buffer) {
  const list = [];
  let at = question.end;
  for (let index = 0; index < message.readUInt16BE(6); index++) {
    const owner = readName(message, at);
    if (!owner) throw new Error('malformed');
    const end = owner.end + 10 + message.readUInt16BE(owner.end + 8);
    list.push([
      owner.labels.join('.'),
      message.readUInt16BE(owner.end),
      message.subarray(owner.end + 10, end).toString('hex'),
    ]);
    at = end;
  }
  expect(at).toBe(message.length);
  return list;
}

describe('renameAnswer', () => {
  it('gives the asked name its records and keeps id, question and flags', () => {
    const renamed = renameAnswer(answer(record('c00c', 1, bytes('0a000001'))), query, question);
    expect(renamed).toEqual(
      bytes(
        '1234 8180 0001 0001 0000 0000 024462 00 0001 0001 c00c 0001 0001 0000001e 0004 0a000001',
      ),
    );
  });

  it('uncompresses names in data, whose pointers would lead astray', () => {
    const mail = Buffer.concat([u16(10), bytes('046d61696c c00f')]); // mail.shop.local
    const soa = Buffer.concat([bytes('c00f c014'), Buffer.alloc(20, 7)]);
    const srv = Buffer.concat([bytes('0001 0002 0050 c00c')]);
    const naptr = bytes('0001 0002 01 73 00 02 7878 c014');
    const message = answer(
      record('c00c', 5, bytes('c00f')),
      record('c00f', 15, mail),
      record('c014', 6, soa),
      record('c00c', 33, srv),
      record('c00c', 35, naptr),
    );
    const name = (...labels: string[]) => encodeName(labels).toString('hex');
    expect(records(renameAnswer(message, query, question) ?? Buffer.alloc(0))).toEqual([
      ['Db', 5, name('shop', 'local')],
      ['shop.local', 15, `000a${name('mail', 'shop', 'local')}`],
      ['local', 6, name('shop', 'local') + name('local') + '07'.repeat(20)],
      ['Db', 33, `000100020050${name('db', 'shop', 'local')}`],
      ['Db', 35, `000100020173000278 78${name('local')}`.replace(' ', '')],
    ]);
  });

  it('leaves the data of all other types alone, whatever it looks like', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 16, 28, 41, 43, 46, 48, 64, 65, 257, 65280),
        fc.uint8Array({ maxLength: 200 }),
        (type, raw) => {
          const data = Buffer.from(raw);
          const renamed = renameAnswer(answer(record('c00c', type, data)), query, question);
          expect(renamed && records(renamed)).toEqual([['Db', type, data.toString('hex')]]);
        },
      ),
    );
  });

  it('refuses what is malformed, and never throws', () => {
    const good = answer(record('c00c', 15, bytes('000a c00f')));
    for (let length = 0; length < good.length; length++) {
      expect(renameAnswer(good.subarray(0, length), query, question)).toBeUndefined();
    }
    expect(
      renameAnswer(answer(record('c00c', 5, bytes('03 6162'))), query, question),
    ).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (raw) => {
        renameAnswer(Buffer.concat([good.subarray(0, 31), Buffer.from(raw)]), query, question);
        renameAnswer(Buffer.from(raw), query, question);
      }),
      { numRuns: 2000 },
    );
  });
});
