import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  isAboutNames,
  matchesAddress,
  matchesName,
  type Pattern,
  parsePattern,
} from './pattern.ts';

function parsed(text: string): Pattern {
  const pattern = parsePattern(text);
  if ('problem' in pattern) throw new Error(`${text}: ${pattern.problem}`);
  return pattern;
}

const any = { kind: 'any' };
const name = (...labels: string[]) => ({ kind: 'name', labels });
const network = (address: string, bits: number, family = 4) => ({
  kind: 'network',
  family,
  address,
  bits,
});

test.each([
  ['postgres', { host: name('postgres') }],
  ['DB.Internal.', { host: name('db', 'internal') }],
  ['_pg._tcp.db', { host: name('_pg', '_tcp', 'db') }],
  ['*.svc', { host: name('*', 'svc') }],
  ['*', { host: name('*') }],
  ['*.internal:5432', { host: name('*', 'internal'), port: 5432 }],
  ['**', { host: any }],
  [':5432', { host: any, port: 5432 }],
  ['**:5432', { host: any, port: 5432 }],
  ['udp://', { host: any, protocol: 'udp' }],
  ['UDP://:53', { host: any, protocol: 'udp', port: 53 }],
  ['tcp://10.0.0.0/8:5432', { host: network('10.0.0.0', 8), protocol: 'tcp', port: 5432 }],
  ['10.1.2.3', { host: network('10.1.2.3', 32) }],
  ['10.1.2.3:80', { host: network('10.1.2.3', 32), port: 80 }],
  ['0.0.0.0/0', { host: network('0.0.0.0', 0) }],
  ['fd00::/8', { host: network('fd00::', 8, 6) }],
  ['fd00::1', { host: network('fd00::1', 128, 6) }],
  ['[fd00::1]:80', { host: network('fd00::1', 128, 6), port: 80 }],
  ['[fd00::]/8:80', { host: network('fd00::', 8, 6), port: 80 }],
])('%s', (text, expected) => {
  const { host, port, protocol } = parsed(text);
  expect({ host, port, protocol }).toEqual({ port: undefined, protocol: undefined, ...expected });
});

test.each([
  ['', 'it is empty'],
  ['http://x', 'a protocol is tcp:// or udp://'],
  ['x:0', 'a port is a number from 1 to 65535'],
  ['x:70000', 'a port is a number from 1 to 65535'],
  ['10.0.0.0/33', 'a prefix of IPv4 has at most 32 bits'],
  ['fd00::/129', 'a prefix of IPv6 has at most 128 bits'],
  ['fe80::1%eth0', 'an address here has no zone'],
  ['10.0.0.300', 'addresses are written whole or as a network: 10.0.0.0/8'],
  ['10.0.0.*', 'addresses are written whole or as a network: 10.0.0.0/8'],
  ['**.internal', '** stands alone; *.NAME is every name below NAME'],
  ['a*b*c', 'expected [tcp://|udp://]HOST[:PORT] with a name, an address or a network'],
  ['a b', 'expected [tcp://|udp://]HOST[:PORT] with a name, an address or a network'],
  ['a..b', 'expected [tcp://|udp://]HOST[:PORT] with a name, an address or a network'],
  [
    `${'a'.repeat(64)}.b`,
    'expected [tcp://|udp://]HOST[:PORT] with a name, an address or a network',
  ],
  ['a/8', 'expected [tcp://|udp://]HOST[:PORT] with a name, an address or a network'],
  ['x'.repeat(301), 'it is too long'],
])('%s is refused: %s', (text, problem) => {
  expect(parsePattern(text)).toEqual({ problem });
});

test.each([
  ['postgres', 'postgres', true],
  ['postgres', 'postgres.shop', false],
  ['*.svc', 'db.shop.svc', true],
  ['*.svc', 'db.svc', true],
  ['*.svc', 'svc', false],
  ['*.svc', 'db.svc.cluster', false],
  ['*', 'db.shop.svc', true],
  ['db-*.internal', 'db-1.internal', true],
  ['db-*.internal', 'db-.internal', true],
  ['db-*.internal', 'db-1.eu.internal', false],
  ['a*a.b', 'a.b', false],
  ['x.*.y', 'x.1.y', true],
  ['x.*.y', 'x.1.2.y', false],
  ['*.*.y', 'x.y', false],
  ['**', 'anything.at.all', true],
  ['10.0.0.0/8', 'ten', false],
])('%s and the name %s: %s', (text, host, matches) => {
  expect(matchesName(parsed(text).host, host)).toBe(matches);
});

test.each([
  ['10.0.0.0/8', '10.9.9.9', true],
  ['10.9.9.9/8', '10.0.0.1', true],
  ['10.0.0.0/8', '11.0.0.0', false],
  ['10.0.0.1', '10.0.0.1', true],
  ['fd00::/8', 'fd12::1', true],
  ['fd00::/8', '10.0.0.1', false],
  ['0.0.0.0/0', '::1', false],
  ['**', '::1', true],
  ['*', '10.0.0.1', false],
])('%s and the address %s: %s', (text, address, matches) => {
  expect(matchesAddress(parsed(text).host, address)).toBe(matches);
});

test('who resolves a name is decided by names without port and protocol', () => {
  const are = (text: string) => isAboutNames(parsed(text));
  expect(['db', '*.svc', '*', '**'].map(are)).toEqual([true, true, true, true]);
  expect(['db:80', 'udp://db', ':80', '10.0.0.1'].map(are)).toEqual([false, false, false, false]);
});

test('property: any text is a pattern or refused in words, at once', () => {
  const pieces = fc.constantFrom('*', '.', ':', '/', '[', ']', '10', 'db', '::', 'udp://', '-');
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces).map((some) => some.join('')),
  );
  fc.assert(
    fc.property(text, fc.domain(), (pattern, host) => {
      const result = parsePattern(pattern);
      if ('problem' in result) expect(result.problem).not.toBe('');
      else expect(typeof matchesName(result.host, host)).toBe('boolean');
    }),
    { numRuns: 2_000 },
  );
});
