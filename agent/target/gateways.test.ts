import { describe, expect, it } from 'vitest';
import { parseGateways4, parseGateways6, readGateways } from './gateways.ts';

describe('parseGateways4', () => {
  it('reads the default route and no other', () => {
    const text = [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'eth0\t00000000\t01F4580A\t0003\t0\t0\t0\t00000000\t0\t0\t0',
      'eth0\t00F4580A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
      'eth1\t0000000A\t0100000A\t0003\t0\t0\t0\t000000FF\t0\t0\t0',
      'eth2\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0',
      '',
    ].join('\n');
    expect(parseGateways4(text)).toEqual(['10.88.244.1']);
  });
});

describe('parseGateways6', () => {
  it('reads the default route in canonical form', () => {
    const none = '0'.repeat(32);
    const line = (destination: string, prefix: string, hop: string) =>
      `${destination} ${prefix} ${none} 00 ${hop} 00000400 00000001 00000000 00000003 eth0`;
    const text = [
      line('fd000000000000000000000000000000', '08', none),
      line(none, '00', 'fd770000000000000000000000000001'),
      line(none, '00', none),
      '',
    ].join('\n');
    expect(parseGateways6(text)).toEqual(['fd77::1']);
  });
});

describe('readGateways', () => {
  it('reads those of a real process', () => {
    expect(Array.isArray(readGateways('/proc', process.pid))).toBe(true);
  });
});
