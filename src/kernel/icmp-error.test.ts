import { expect, test } from 'vitest';
import { encodeIcmpError, icmpKindOf } from './icmp-error.ts';
import { checksum } from './ip-header.ts';

const from = { address: '10.88.0.2', port: 5_000 };
const to = { address: '10.96.0.10', port: 443 };

test('a refused datagram, byte by byte', () => {
  const packet = encodeIcmpError({ from, to, kind: icmpKindOf('ECONNREFUSED', 4, 0) });
  expect(packet.toString('hex')).toBe(
    [
      '4500003800000000', // IPv4, 56 bytes
      '4001', // TTL 64, ICMP
      '6602', // header checksum
      '0a60000a', // from the peer
      '0a580002', // to the service
      '0303', // port unreachable
      packet.toString('hex', 22, 24), // checksum: see below
      '00000000',
      '4500001c00000000', // the datagram's IPv4 header
      '4011',
      packet.toString('hex', 38, 40),
      '0a580002',
      '0a60000a',
      '1388', // port 5000
      '01bb', // port 443
      '00080000', // length, no checksum
    ].join(''),
  );
  expect(checksum(packet.subarray(0, 20))).toBe(0);
  expect(checksum(packet.subarray(20))).toBe(0);
  expect(checksum(packet.subarray(28, 48))).toBe(0);
});

test('IPv6: the checksum covers the pseudo-header', () => {
  const ends = { from: { address: 'fd00::2', port: 5_000 }, to: { address: 'fd00::1', port: 443 } };
  const packet = encodeIcmpError({ ...ends, kind: icmpKindOf('EMSGSIZE', 6, 1_280) });
  expect(packet.length).toBe(40 + 8 + 40 + 8);
  expect(packet.subarray(40, 42).toString('hex')).toBe('0200');
  expect(packet.readUInt32BE(44)).toBe(1_280);
  const length = Buffer.alloc(8);
  length.writeUInt32BE(packet.length - 40, 0);
  length.writeUInt8(58, 7);
  const pseudo = Buffer.concat([packet.subarray(8, 40), length]);
  expect(checksum(Buffer.concat([pseudo, packet.subarray(40)]))).toBe(0);
});

test('each errno has the message that a kernel turns back into it', () => {
  expect(icmpKindOf('EMSGSIZE', 4, 1_400)).toEqual({ type: 3, code: 4, mtu: 1_400 });
  expect(icmpKindOf('ENETUNREACH', 4, 0)).toEqual({ type: 3, code: 9, mtu: 0 });
  expect(icmpKindOf('EHOSTUNREACH', 4, 0)).toEqual({ type: 3, code: 10, mtu: 0 });
  expect(icmpKindOf('EPERM', 4, 0)).toEqual({ type: 3, code: 10, mtu: 0 });
  expect(icmpKindOf('ECONNREFUSED', 6, 0)).toEqual({ type: 1, code: 4, mtu: 0 });
  expect(icmpKindOf('ENETUNREACH', 6, 0)).toEqual({ type: 1, code: 0, mtu: 0 });
});

test('an MTU beyond 16 bits is cut down for IPv4', () => {
  const packet = encodeIcmpError({ from, to, kind: { type: 3, code: 4, mtu: 100_000 } });
  expect(packet.readUInt32BE(24)).toBe(0xffff);
});
