import { describe, expect, it } from 'vitest';
import { parseStolenPorts, parseTableNames, renderStealRules } from './rules.ts';

describe('renderStealRules', () => {
  it('redirects first packets from outside and inside, but for our own', () => {
    expect(renderStealRules({ ports: [80, 8080], listener4: 40001, listener6: 40002 })).toBe(
      `  set ports {
    type inet_service
    elements = { 80, 8080 }
  }
  chain from_outside {
    type nat hook prerouting priority -90; policy accept;
    meta mark 27492 return
    meta nfproto ipv4 tcp dport @ports tcp flags & (fin | syn | rst | ack) == syn redirect to :40001
    meta nfproto ipv6 tcp dport @ports tcp flags & (fin | syn | rst | ack) == syn redirect to :40002
  }
  chain from_inside {
    type nat hook output priority -110; policy accept;
    meta mark 27492 return
    oifname "lo" meta nfproto ipv4 tcp dport @ports tcp flags & (fin | syn | rst | ack) == syn redirect to :40001
    oifname "lo" meta nfproto ipv6 tcp dport @ports tcp flags & (fin | syn | rst | ack) == syn redirect to :40002
  }`,
    );
  });

  it('resets what is older than the rules, but for what may be a probe of the kubelet', () => {
    const resetOld = { nodeAddresses: ['10.0.0.1', 'fd00::1'], probePorts: [80] };
    const rules = { ports: [80], listener4: 40001, listener6: undefined };
    expect(renderStealRules({ ...rules, resetOld })).toContain(
      `  chain reset_old {
    type filter hook input priority -10; policy accept;
    meta mark 27492 return
    ip saddr { 10.0.0.1 } tcp dport { 80 } return
    ip6 saddr { fd00::1 } tcp dport { 80 } return
    tcp dport @ports tcp flags & (syn | rst) == 0 reject with tcp reset
  }`,
    );
    const noProbes = renderStealRules({ ...rules, resetOld: { ...resetOld, probePorts: [] } });
    expect(noProbes).not.toContain('saddr');
  });

  it('leaves a family out that the namespace does not have', () => {
    const rules = renderStealRules({ ports: [80], listener4: 40001, listener6: undefined });
    expect(rules).not.toContain('ipv6');
  });

  it('keeps translation on where nothing is stolen any more', () => {
    expect(renderStealRules({ ports: [], listener4: 40001, listener6: 40002 })).toBe(
      `  chain from_outside {
    type nat hook prerouting priority -90; policy accept;
    ct state new return
  }
  chain from_inside {
    type nat hook output priority -110; policy accept;
    ct state new return
  }`,
    );
  });
});

describe('what nft lists', () => {
  it("names kdev's tables", () => {
    const listing = 'table inet kdev_abc_1\ntable inet filter\ntable inet xkdev_\n';
    expect(parseTableNames(listing)).toEqual(['kdev_abc_1']);
  });

  it('tells which ports they steal, however long the list is', () => {
    const listing = `table inet kdev_abc_1 { # progname node
	flags owner

	set ports {
		type inet_service
		elements = { 80, 443, 8080,
			     9090 }
	}

	chain from_outside {
		tcp dport @ports redirect to :40001
	}
}`;
    expect(parseStolenPorts(listing)).toEqual([80, 443, 8080, 9090]);
    expect(parseStolenPorts('table inet kdev_abc_1 {\n\tchain from_outside {\n\t}\n}')).toEqual([]);
  });
});
