import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  cString,
  encodeAttribute,
  encodeMessage,
  encodeNested,
  NETLINK_ROUTE,
  NetlinkSocket,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  parseAttributes,
  parseMessages,
  uint32be,
  uint32le,
} from './netlink.ts';

test('struct nlmsghdr: length, type, flags, sequence, port', () => {
  const bytes = encodeMessage({ type: 0x1a, flags: 5, sequence: 7, body: [Buffer.from([1])] });
  expect(bytes.toString('hex')).toBe(
    `11000000${'1a00'}${'0500'}${'07000000'}${'00000000'}${'01000000'}`,
  );
});

test('attributes are padded to four bytes, and their length is not', () => {
  expect(encodeAttribute(2, cString('lo')).toString('hex')).toBe('070002006c6f0000');
  const nested = encodeNested(4, [encodeAttribute(1, uint32be(3))]);
  expect(nested.toString('hex')).toBe('0c000480' + '08000100' + '00000003');
});

test('what is encoded is parsed again', () => {
  const part = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (values) => {
      const attributes = values.map((value, at) => encodeAttribute(at + 1, value));
      const message = encodeMessage({ type: 1, flags: 0, sequence: 3, body: attributes });
      const [first, second] = parseMessages(Buffer.concat([message, message]));
      expect(second?.sequence).toBe(3);
      const parsed = parseAttributes(first?.body ?? Buffer.alloc(0));
      expect([...parsed.values()].map((value) => value.toString('hex'))).toEqual(
        values.map((value) => value.toString('hex')),
      );
    }),
  );
});

test('garbage ends parsing, and never reads behind the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
      const bytes = Buffer.from(garbage);
      const total = parseMessages(bytes).reduce((sum, one) => sum + 16 + one.body.length, 0);
      expect(total).toBeLessThanOrEqual(bytes.length);
      for (const value of parseAttributes(bytes).values()) {
        expect(value.length).toBeLessThan(bytes.length);
      }
    }),
  );
  const short = encodeMessage({ type: 1, flags: 0, sequence: 1, body: [] });
  short.writeUInt32LE(15, 0);
  expect(parseMessages(short)).toEqual([]);
  short.writeUInt32LE(17, 0);
  expect(parseMessages(short)).toEqual([]);
});

/** RTM_GETLINK; struct ifinfomsg is 16 bytes, its index at 4. */
function getLink(sequence: number, flags: number, index: number): Buffer {
  const body = Buffer.concat([uint32le(0), uint32le(index), uint32le(0), uint32le(0)]);
  return encodeMessage({ type: 18, flags: NLM_F_REQUEST | flags, sequence, body: [body] });
}

test('a real kernel answers, lists and refuses', () => {
  const socket = new NetlinkSocket(NETLINK_ROUTE);
  try {
    const one = socket.nextSequence();
    const [answer] = socket.request(getLink(one, NLM_F_ACK, 1), one, 'getlink');
    expect(answer?.body.readInt32LE(4)).toBe(1);
    const all = socket.nextSequence();
    expect(socket.request(getLink(all, NLM_F_DUMP, 0), all, 'getlink').length).toBeGreaterThan(0);
    const none = socket.nextSequence();
    expect(() => socket.request(getLink(none, NLM_F_ACK, 2 ** 30), none, 'getlink')).toThrow(
      expect.objectContaining({ code: 'ENODEV' }),
    );
    expect(socket.receive()).toEqual([]);
  } finally {
    socket.close();
    socket.close();
  }
});
