import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flowKey, parseTcpSegment, segmentEndpoints, TCP_ACK, TCP_SYN } from './tcp-packet.ts';

/** 40000 → 5432, sequence 0x01020304, acknowledgement 0, 20 bytes, SYN. */
const TCP = `9c40${'1538'}${'01020304'}${'00000000'}${'5002'}${'ffff00000000'}`;
const IPV4 = `4500002c${'00004000'}${'40060000'}${'0a010203'}${'c6336407'}`;
const IPV6 = `60000000${'0018'}${'0640'}${'fd000201000700000000000000000001'}${'20010db8000000000000000000000007'}`;
const v4 = Buffer.from(`${IPV4}${TCP}61626364`, 'hex');
const v6 = Buffer.from(`${IPV6}${TCP}61626364`, 'hex');

test('a segment in IPv4 and in IPv6', () => {
  for (const [packet, family, header] of [
    [v4, 4, 20],
    [v6, 6, 40],
  ] as const) {
    const segment = parseTcpSegment(packet);
    expect(segment).toMatchObject({ family, header, sourcePort: 40000, destinationPort: 5432 });
    expect(segment).toMatchObject({ sequence: 0x01020304, acknowledgement: 0, flags: TCP_SYN });
    expect(packet.subarray(segment?.start, segment?.end).toString()).toBe('abcd');
  }
});

test('endpoints, and a key that tells flows and directions apart', () => {
  const first = parseTcpSegment(v4);
  const second = parseTcpSegment(v6);
  if (first === undefined || second === undefined) throw new Error('no segment');
  expect(segmentEndpoints(v4, first)).toEqual({
    from: { address: '10.1.2.3', port: 40000 },
    to: { address: '198.51.100.7', port: 5432 },
  });
  expect(segmentEndpoints(v6, second).to).toEqual({ address: '2001:db8::7', port: 5432 });
  expect(flowKey(v4, first)).toHaveLength(12);
  expect(flowKey(v6, second)).toHaveLength(36);
  const other = Buffer.from(v4);
  other.writeUInt16BE(40001, 20);
  expect(flowKey(other, first)).not.toBe(flowKey(v4, first));
});

test('bytes behind the packet are padding, not payload', () => {
  const padded = Buffer.concat([v4, Buffer.alloc(6)]);
  expect(parseTcpSegment(padded)?.end).toBe(44);
});

test('a packet cut short has a shorter payload; merged packets say 0 and mean all', () => {
  expect(parseTcpSegment(v4.subarray(0, 42))).toMatchObject({ start: 40, end: 42 });
  const merged = Buffer.concat([v4, Buffer.alloc(70_000)]);
  merged.writeUInt16BE(0, 2);
  expect(parseTcpSegment(merged)?.end).toBe(70_044);
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['UDP', patched(v4, 9, 17)],
  ['a later fragment', patched(v4, 7, 1)],
  ['a first fragment', patched(v4, 6, 0x20)],
  ['a header of 16 bytes', patched(v4, 0, 0x44)],
  ['IPv5', patched(v4, 0, 0x55)],
  ['half a TCP header', v4.subarray(0, 39)],
  ['a TCP header of 16 bytes', patched(v4, 32, 0x40)],
  ['a TCP header behind the end', patched(v4, 32, 0xf0)],
  ['an IPv6 extension header', patched(v6, 6, 0)],
  ['half an IPv6 header', v6.subarray(0, 39)],
])('%s is no segment', (_, packet) => {
  expect(parseTcpSegment(packet)).toBeUndefined();
});

test('no bytes make it read behind the packet', () => {
  const start = fc.constantFrom(v4, v6);
  const change = fc.tuple(fc.nat(59), fc.nat(255));
  fc.assert(
    fc.property(
      start,
      fc.array(change, { maxLength: 6 }),
      fc.nat(64),
      (packet, changes, length) => {
        const bytes = Buffer.from(packet.subarray(0, length));
        for (const [at, value] of changes) if (at < bytes.length) bytes.writeUInt8(value, at);
        const segment = parseTcpSegment(bytes);
        if (segment === undefined) return;
        expect(segment.start).toBeLessThanOrEqual(segment.end);
        expect(segment.end).toBeLessThanOrEqual(bytes.length);
        segmentEndpoints(bytes, segment);
      },
    ),
  );
});

test('flags are bits', () => {
  expect(parseTcpSegment(patched(v4, 33, 0x12))?.flags).toBe(TCP_SYN | TCP_ACK);
});

function patched(packet: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(packet);
  copy.writeUInt8(value, at);
  return copy;
}
