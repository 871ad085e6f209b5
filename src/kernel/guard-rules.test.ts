import { expect, test } from 'vitest';
import { renderGuard } from './guard-rules.ts';

const OPTIONS = {
  name: 'kdev_guard',
  marks: [0x6b64],
  local4: ['172.18.0.0/16'],
  local6: ['fd00::/64'],
};

test('a table without owner that replaces its former self', () => {
  const script = renderGuard(OPTIONS);
  expect(script).toMatch(
    /^add table inet kdev_guard\ndelete table inet kdev_guard\ntable inet kdev_guard \{/,
  );
  expect(script).not.toContain('flags owner');
  expect(script).toContain('255.255.255.255, 172.18.0.0/16 }');
  expect(script).toContain('ff00::/8, fd00::/64 }');
  expect(script).toContain('meta mark { 0x6b64 } accept');
});

test.each([
  'fd00::/64',
  '10.0.0.0/33',
  '10.0.0.0/8/8',
  '10.0.0.0/',
  'x',
  '',
  '1.2.3.4 }; flush ruleset',
])('refuses %j as an IPv4 network', (network) => {
  expect(() => renderGuard({ ...OPTIONS, local4: [network] })).toThrow(/not an IP/);
});

test('refuses another family, and no mark at all', () => {
  expect(() => renderGuard({ ...OPTIONS, local6: ['10.0.0.0/8'] })).toThrow(/not an IPv6 network/);
  expect(() => renderGuard({ ...OPTIONS, marks: [] })).toThrow(/at least one mark/);
});
