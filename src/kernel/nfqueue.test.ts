import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeAttribute, parseMessages, uint32be } from './netlink.ts';
import { encodeBind, encodeVerdict, parsePacket } from './nfqueue.ts';

test('bind and configuration in one message', () => {
  const [message] = parseMessages(encodeBind(107, 9));
  expect(message?.type).toBe(0x0302);
  expect(message?.flags).toBe(5);
  expect(message?.body.toString('hex')).toBe(
    // struct nfgenmsg: any family, version 0, queue 107
    '0000006b' +
      // command bind
      '0800010001000000' +
      // copy 256 bytes of the packet
      '090002000000010002000000' +
      // at most 4096 packets wait
      '0800030000001000' +
      // mask and flags: the sender's user, and no fail-open
      '0800040000000008' +
      '0800050000000008',
  );
});

test('a verdict: accept 1, drop 0, then the id; a mark where one is given', () => {
  const accept = encodeVerdict({ queue: 107, id: 5, verdict: 'accept', mark: 0x6b01 });
  const [message] = parseMessages(accept);
  expect(message?.type).toBe(0x0301);
  expect(message?.body.toString('hex')).toBe(
    '0000006b' + '0c0002000000000100000005' + '0800030000006b01',
  );
  const [drop] = parseMessages(
    encodeVerdict({ queue: 1, id: 6, verdict: 'drop', mark: undefined }),
  );
  expect(drop?.body.toString('hex')).toBe('00000001' + '0c0002000000000000000006');
});

test('a packet: id, mark, user, payload', () => {
  const body = Buffer.concat([
    Buffer.from([2, 0, 0, 107]),
    encodeAttribute(1, Buffer.from([0, 0, 0, 5, 8, 0, 3])),
    encodeAttribute(3, uint32be(0x6b02)),
    encodeAttribute(16, uint32be(1000)),
    encodeAttribute(10, Buffer.from('45', 'hex')),
  ]);
  expect(parsePacket(body)).toEqual({
    id: 5,
    mark: 0x6b02,
    uid: 1000,
    payload: Buffer.from('45', 'hex'),
  });
});

test('a packet of a dead socket has no user; garbage is no packet', () => {
  const header = encodeAttribute(1, Buffer.from([0, 0, 0, 1, 0, 0, 3]));
  const parsed = parsePacket(Buffer.concat([Buffer.alloc(4), header]));
  expect(parsed).toEqual({ id: 1, mark: 0, uid: undefined, payload: Buffer.alloc(0) });
  expect(parsePacket(Buffer.alloc(4))).toBeUndefined();
  expect(
    parsePacket(Buffer.concat([Buffer.alloc(4), encodeAttribute(1, Buffer.alloc(3))])),
  ).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      parsePacket(Buffer.from(bytes));
    }),
  );
});
