import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checksum } from './ip-header.ts';
import { encodeUdpPacket, parseUdpPacket } from './udp-packet.ts';

const from = { address: '10.96.0.10', port: 443 };
const to = { address: '10.88.0.2', port: 5_000 };

test('a packet of IPv4, byte by byte', () => {
  const packet = encodeUdpPacket(from, to, Buffer.from('hi'));
  expect(packet.toString('hex')).toBe(
    `4500001e00000000 4011 ${packet.toString('hex', 10, 12)} 0a60000a 0a580002 01bb 1388 000a 0000 6869`.replaceAll(
      ' ',
      '',
    ),
  );
  expect(checksum(packet.subarray(0, 20))).toBe(0);
});

test('a packet of IPv6 has its checksum, of an odd length too', () => {
  const six = { from: { address: 'fd00::1', port: 1 }, to: { address: 'fd00::2', port: 2 } };
  for (const text of ['', 'odd', 'even']) {
    const packet = encodeUdpPacket(six.from, six.to, Buffer.from(text));
    const tail = Buffer.alloc(8);
    tail.writeUInt32BE(8 + text.length, 0);
    tail.writeUInt8(17, 7);
    const message = Buffer.concat([packet.subarray(8, 40), tail, packet.subarray(40)]);
    expect(checksum(message)).toBe(0);
  }
});

const endpoint = (address: fc.Arbitrary<string>) =>
  fc.record({ address, port: fc.integer({ min: 0, max: 65_535 }) });
const ends = fc.oneof(
  fc.tuple(endpoint(fc.ipV4()), endpoint(fc.ipV4())),
  fc.tuple(endpoint(fc.constantFrom('fd00::1', '2001:db8::7')), endpoint(fc.constant('::1'))),
);

test('what was encoded is parsed, whatever stands behind it in the frame', () => {
  const bytes = fc.uint8Array({ maxLength: 300 }).map((one) => Buffer.from(one));
  fc.assert(
    fc.property(ends, bytes, bytes, ([source, target], payload, rest) => {
      const packet = encodeUdpPacket(source, target, payload);
      const found = parseUdpPacket(Buffer.concat([packet, rest]));
      expect(found).toEqual([{ from: source, to: target, payload }]);
    }),
  );
});

test('a packet that is to be cut holds several datagrams', () => {
  const packet = encodeUdpPacket(from, to, Buffer.alloc(2_500, 7));
  const found = parseUdpPacket(packet, 1_000);
  expect(found).toHaveLength(3);
  if (typeof found !== 'object') throw new Error('unreachable');
  expect(found.map(({ payload }) => payload.length)).toEqual([1_000, 1_000, 500]);
});

test('a fragment is told as one, anything damaged is nothing', () => {
  const packet = encodeUdpPacket(from, to, Buffer.from('hello'));
  const fragment = Buffer.from(packet);
  fragment.writeUInt16BE(0x2000, 6);
  expect(parseUdpPacket(fragment)).toBe('fragment');
  expect(parseUdpPacket(packet.subarray(0, 27))).toBeUndefined();
  expect(parseUdpPacket(packet.subarray(0, -1))).toBeUndefined();
  const tcp = Buffer.from(packet);
  tcp.writeUInt8(6, 9);
  expect(parseUdpPacket(tcp)).toBeUndefined();
});

test('no bytes make it throw, or reach beyond them', () => {
  const wild = fc.uint8Array({ maxLength: 120 }).map((one) => Buffer.from(one));
  const almost = fc
    .tuple(wild, fc.nat({ max: 40 }), fc.nat({ max: 255 }))
    .map(([rest, at, byte]) => {
      const packet = Buffer.concat([encodeUdpPacket(from, to, Buffer.from('hello')), rest]);
      packet.writeUInt8(byte, at % packet.length);
      return packet;
    });
  fc.assert(
    fc.property(fc.oneof(wild, almost), fc.nat({ max: 2_000 }), (packet, segmentBytes) => {
      const found = parseUdpPacket(packet, segmentBytes);
      if (typeof found !== 'object') return;
      const bytes = found.reduce((sum, { payload }) => sum + payload.length, 0);
      expect(bytes).toBeLessThanOrEqual(packet.length - 28);
    }),
    { numRuns: 20_000 },
  );
});
