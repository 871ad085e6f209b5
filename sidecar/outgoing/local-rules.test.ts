import { expect, test } from 'vitest';
import { hasSets, localRules, renderAddresses, renderLocalChains } from './local-rules.ts';
import { testWorld } from './test-world.ts';

const local = testWorld({
  names: ['db'],
  networks: ['172.18.0.0/16', 'fd00:18::/64'],
  outgoing: {
    local: ['*.internal:5432', 'udp://', 'tcp://10.0.0.0/8:5432'],
    remote: ['172.18.5.0/24', '*.internal'],
  },
});

test('one line of nft for each rule, in their order, and what is this machine’s own before all', () => {
  expect(renderLocalChains(local).trim().split('\n')).toEqual([
    'flush chain inet kdev local',
    ...[
      'ip daddr 127.0.0.1 tcp dport { 9901, 15000 } return',
      'ip6 daddr ::1 tcp dport { 9901, 15000 } return',
      'ip daddr { 127.0.0.0/8, 172.18.0.2 } accept',
      'ip6 daddr { ::/127 } accept',
      'ip daddr @named0_4 accept',
      'ip6 daddr @named0_6 accept',
      'ip daddr @named1_4 meta l4proto { tcp, udp } th dport 5432 accept',
      'ip6 daddr @named1_6 meta l4proto { tcp, udp } th dport 5432 accept',
      'ip daddr @named2_4 return',
      'ip6 daddr @named2_6 return',
      'ip6 daddr fd00:18::/64 accept',
      'ip daddr 172.18.5.0/24 return',
      'ip daddr 172.18.0.0/16 accept',
      'ip daddr 10.0.0.0/8 meta l4proto tcp th dport 5432 accept',
      'meta l4proto udp accept',
      'return',
    ].map((line) => `add rule inet kdev local ${line}`),
    'flush chain inet kdev nowhere',
    'add rule inet kdev nowhere ip6 daddr { ::/127 } return',
    'add rule inet kdev nowhere oifname "lo" meta nfproto ipv6 reject with icmpx no-route',
  ]);
});

test('a set for the addresses of each family that a name has', () => {
  const text = localRules(local);
  expect(text.match(/set named\d_[46]/g)).toHaveLength(6);
  expect(text).toContain('set named2_6 { type ipv6_addr; size 8192; }');
});

test('addresses go into the sets of their rules, and out of them', () => {
  const [project, withPort] = local.rules.filter(hasSets);
  if (!project || !withPort) throw new Error('no rules');
  const added = [
    { rule: project, address: '172.18.0.9' },
    { rule: withPort, address: 'fd00::9' },
  ];
  expect(
    renderAddresses(local.rules, { added, removed: [{ rule: project, address: '172.18.0.8' }] }),
  ).toBe(`delete element inet kdev named0_4 { 172.18.0.8 }
add element inet kdev named0_4 { 172.18.0.9 }
add element inet kdev named1_6 { fd00::9 }
`);
});
