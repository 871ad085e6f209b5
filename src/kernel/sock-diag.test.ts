import { expect, test } from 'vitest';
import { parseDiagSocket } from './sock-diag.ts';

/** struct inet_diag_msg: family, state, timer, retransmits; then ports, addresses, interface and cookie. */
const head = '02010000' + '1f90' + 'c350';
const cookie = '00000000' + '1122334455667788';

test('an answer of the kernel, IPv4 and IPv6', () => {
  const address4 = '0ac90701'.padEnd(32, '0');
  const peer4 = '0ac90702'.padEnd(32, '0');
  const body = Buffer.alloc(72);
  Buffer.from(head + address4 + peer4 + cookie, 'hex').copy(body);
  expect(parseDiagSocket(body, 4)).toEqual([
    {
      family: 4,
      port: 8080,
      address: Buffer.from([10, 201, 7, 1]),
      peer: Buffer.from([10, 201, 7, 2]),
      id: Buffer.from(`1f90c350${address4}${peer4}${cookie}`, 'hex'),
    },
  ]);
  expect(parseDiagSocket(body, 6)[0]?.peer).toEqual(Buffer.from(peer4, 'hex'));
});

test('what is shorter than an answer is none', () => {
  expect(parseDiagSocket(Buffer.alloc(71), 4)).toEqual([]);
});
