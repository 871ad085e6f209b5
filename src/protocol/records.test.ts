import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ACK_RECORD_BYTES,
  decodeAck,
  decodeLinkHello,
  decodeLinkWelcome,
  encodeLinkHello,
  encodeLinkWelcome,
  encodeRecord,
  RECORD,
  WELCOME,
  writeAck,
} from './records.ts';

test('literal bytes', () => {
  const hello = {
    link: '00112233445566778899aabbccddeeff',
    epoch: 3,
    resume: true,
    received: 2 ** 32,
  };
  expect(encodeLinkHello(hello).toString('hex')).toBe(
    '4b444c31' + '00112233445566778899aabbccddeeff' + '00000003' + '01' + '0000000100000000',
  );
  expect(encodeLinkWelcome({ status: WELCOME.gone, received: 7 }).toString('hex')).toBe(
    '4b444c31' + '01' + '0000000000000007',
  );
  expect(encodeRecord(RECORD.ping).toString('hex')).toBe('03000000');
  const ack = Buffer.alloc(ACK_RECORD_BYTES);
  writeAck(ack, 0, 65_537);
  expect(ack.toString('hex')).toBe('02000008' + '0000000000010001');
});

test('hello and welcome come back as they were', () => {
  const offset = fc.maxSafeNat();
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 16 }).map((id) => Buffer.from(id).toString('hex')),
      fc.integer({ min: 0, max: 0xffff_ffff }),
      fc.boolean(),
      offset,
      (link, epoch, resume, received) => {
        const hello = { link, epoch, resume, received };
        expect(decodeLinkHello(encodeLinkHello(hello))).toEqual(hello);
        const welcome = { status: epoch % 256, received };
        expect(decodeLinkWelcome(encodeLinkWelcome(welcome))).toEqual(welcome);
      },
    ),
  );
});

test('what is no hello, no welcome or no offset is refused', () => {
  expect(() => decodeLinkHello(Buffer.alloc(33, 'x'))).toThrow('does not speak this version');
  expect(() => decodeLinkWelcome(Buffer.from('HTTP/1.1 400 '))).toThrow('does not speak');
  expect(() => decodeAck(Buffer.alloc(7))).toThrow('malformed ACK');
  expect(() => decodeAck(Buffer.from('0020000000000000', 'hex'))).toThrow('beyond 2^53');
  expect(decodeAck(Buffer.from('001fffffffffffff', 'hex'))).toBe(Number.MAX_SAFE_INTEGER);
});
