import { expect, test } from 'vitest';
import { transparentChanges } from './policy-routing.ts';

const OPTIONS = { mark: 0x6b01, table: 107, preference: 107 };
const hex = (family: 4 | 6): string[] =>
  transparentChanges(family, OPTIONS).map((change) => Buffer.concat(change.body).toString('hex'));

test('IPv4: local default route in the table, the rule of the mark, the rule of loopback', () => {
  expect(transparentChanges(4, OPTIONS).map((change) => [change.type, change.undo])).toEqual([
    [24, 25],
    [32, 33],
    [32, 33],
  ]);
  expect(hex(4)).toEqual([
    // rtmsg: AF_INET, /0, static, scope host, type local; table 107, out by lo
    '02000000' + '0004fe02' + '00000000' + '08000f006b000000' + '0800040001000000',
    // fib_rule_hdr: to a table; mark, priority, table
    '02000000' +
      '00000001' +
      '00000000' +
      '08000a00016b0000' +
      '080006006b000000' +
      '08000f006b000000',
    // source 127.0.0.0/8, priority 106
    '02000800' +
      '00000001' +
      '00000000' +
      '080002007f000000' +
      '080006006a000000' +
      '08000f006b000000',
  ]);
});

test('IPv6: the same, from ::1/128', () => {
  const [route = '', mark = '', loopback = ''] = hex(6);
  expect(route.slice(0, 24)).toBe('0a000000' + '0004fe02' + '00000000');
  expect(mark).toContain('08000a00016b0000');
  expect(loopback).toContain(`0a008000000000010000000014000200${'0'.repeat(30)}01`);
});
