import { expect, test } from 'vitest';
import { isConnecting } from './connecting-sockets.ts';

const sockets = Buffer.from(
  `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0200320A:9C40 08080808:0050 02 00000001:00000000 01:0000000F 00000003     0        0 12345 2
   1: 0200320A:9C41 08080808:0050 01 00000000:00000000 00:00000000 00000000     0        0 12346 1
   2: 0000000000000000FFFF00000200320A:9C42 0000000000000000FFFF000008080808:01BB 02 00000001:00000000 01:000 00000001
   3: 440200FD000000000000000005000000:9C43 B80D0120000000000000000007000000:01BB 02 00000001:00000000 01:000 00000001
`,
);
const from = (port: number) => ({ address: '10.50.0.2', port });

test('a socket in SYN_SENT is found by its whole 4-tuple', () => {
  expect(isConnecting(sockets, from(40_000), { address: '8.8.8.8', port: 80 })).toBe(true);
  expect(isConnecting(sockets, from(40_000), { address: '8.8.8.8', port: 81 })).toBe(false);
  expect(isConnecting(sockets, from(40_000), { address: '8.8.4.4', port: 80 })).toBe(false);
});

test('one that is connected, or gone, is not', () => {
  expect(isConnecting(sockets, from(40_001), { address: '8.8.8.8', port: 80 })).toBe(false);
  expect(isConnecting(sockets, from(40_009), { address: '8.8.8.8', port: 80 })).toBe(false);
});

test('an IPv6 socket that connects to a mapped address is found', () => {
  expect(isConnecting(sockets, from(40_002), { address: '8.8.8.8', port: 443 })).toBe(true);
});

test('an IPv6 socket is found', () => {
  const from6 = { address: 'fd00:244::5', port: 40_003 };
  expect(isConnecting(sockets, from6, { address: '2001:db8::7', port: 443 })).toBe(true);
  expect(isConnecting(sockets, from6, { address: '2001:db8::8', port: 443 })).toBe(false);
});
