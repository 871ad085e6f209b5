import { expect, test } from 'vitest';
import { renderUdpRules } from './udp-rules.ts';

test('new flows are taken without translation, answers get the port of the target before conntrack', () => {
  expect(renderUdpRules({ port: 53, socket4: 40_000, socket6: 40_001 })).toBe(`  chain taken {
    type filter hook prerouting priority mangle; policy accept;
    udp dport 53 ct direction original ct state new ct mark set 27495
    meta nfproto ipv4 udp dport 53 ct direction original ct mark 27495 tproxy ip to 127.0.0.1:40000 accept
    meta nfproto ipv6 udp dport 53 ct direction original ct mark 27495 tproxy ip6 to [::1]:40001 accept
  }
  chain answers {
    type filter hook output priority raw; policy accept;
    meta mark 27494 meta nfproto ipv4 udp sport 40000 udp sport set 53
    meta mark 27494 meta nfproto ipv6 udp sport 40001 udp sport set 53
  }`);
});

test('a namespace without IPv6 has no rules for it', () => {
  const text = renderUdpRules({ port: 53, socket4: 40_000, socket6: undefined });
  expect(text).not.toContain('ip6');
  expect(text).not.toContain('undefined');
});
