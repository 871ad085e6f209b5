import { describe, expect, it } from 'vitest';
import {
  FINAL_MARK,
  nextRank,
  parseRanks,
  parseTable,
  passMark,
  RANK_MAX,
  renderStealRules,
  tableName,
} from './rules.ts';

const listeners = { listener4: 40001, listener6: 40002 };
const rules = { rank: 1, label: 'abc_1', isShared: false, ports: [80], ...listeners };

describe('renderStealRules', () => {
  it('redirects first packets from outside and inside, but for what was passed on by ourselves and by younger agents', () => {
    expect(renderStealRules({ ...rules, ports: [80, 8080] })).toBe(
      `  chain of_abc_1 { }
  set whole {
    type inet_service
    elements = { 80, 8080 }
  }
  chain from_outside {
    type nat hook prerouting priority -89; policy accept;
    meta mark 1801715713-1801781247 return
    meta nfproto ipv4 tcp dport @whole tcp flags & (fin | syn | rst | ack) == syn redirect to :40001
    meta nfproto ipv6 tcp dport @whole tcp flags & (fin | syn | rst | ack) == syn redirect to :40002
  }
  chain from_inside {
    type nat hook output priority -194; policy accept;
    meta mark 1801715713-1801781247 return
    oifname "lo" meta nfproto ipv4 tcp dport @whole tcp flags & (fin | syn | rst | ack) == syn redirect to :40001
    oifname "lo" meta nfproto ipv6 tcp dport @whole tcp flags & (fin | syn | rst | ack) == syn redirect to :40002
  }`,
    );
  });

  it('lets older agents have their turn first, and stays before a mesh and behind conntrack', () => {
    const second = renderStealRules({ ...rules, rank: 2, isShared: true });
    expect(second).toContain('set shared {');
    expect(second).toContain('tcp dport @shared');
    expect(second).toContain('hook prerouting priority -88;');
    expect(second).toContain(`meta mark ${passMark(2)}-${FINAL_MARK} return`);
    expect(renderStealRules({ ...rules, rank: RANK_MAX })).toContain('hook output priority -105;');
  });

  it('resets what is older than the rules, but for what may be a probe of the kubelet', () => {
    const resetOld = { nodeAddresses: ['10.0.0.1', 'fd00::1'], probePorts: [80] };
    expect(renderStealRules({ ...rules, resetOld })).toContain(
      `  chain reset_old {
    type filter hook input priority -10; policy accept;
    meta mark 1801715712-1801781247 return
    ip saddr { 10.0.0.1 } tcp dport { 80 } return
    ip6 saddr { fd00::1 } tcp dport { 80 } return
    tcp dport @whole tcp flags & (syn | rst) == 0 reject with tcp reset
  }`,
    );
    const noProbes = renderStealRules({ ...rules, resetOld: { ...resetOld, probePorts: [] } });
    expect(noProbes).not.toContain('saddr');
  });

  it('leaves a family out that the namespace does not have', () => {
    expect(renderStealRules({ ...rules, listener6: undefined })).not.toContain('ipv6');
  });

  it('keeps translation on where nothing is stolen any more', () => {
    expect(renderStealRules({ ...rules, ports: [] })).toBe(
      `  chain of_abc_1 { }
  chain from_outside {
    type nat hook prerouting priority -89; policy accept;
    ct state new return
  }
  chain from_inside {
    type nat hook output priority -194; policy accept;
    ct state new return
  }`,
    );
  });
});

describe('ranks', () => {
  it('are in the names of tables', () => {
    const listing = `table inet ${tableName(1)}\ntable inet filter\ntable inet kdev_asking\ntable inet ${tableName(42)}\n`;
    expect(parseRanks(listing)).toEqual([1, 42]);
  });

  it('come behind all others, in a gap where there is no more, and end', () => {
    expect(nextRank([])).toBe(1);
    expect(nextRank([3, 1])).toBe(4);
    expect(nextRank([1, RANK_MAX])).toBe(2);
    expect(nextRank(Array.from({ length: RANK_MAX }, (_, at) => at + 1))).toBeUndefined();
  });
});

describe('the table of another agent', () => {
  it('tells its session and which ports it has, however long the list is', () => {
    const listing = `table inet kdev_01 { # progname node
	flags owner

	set shared {
		type inet_service
		elements = { 80, 443, 8080,
			     9090 }
	}

	chain of_abcdefgh2345_1a2b3c4d {
	}

	chain from_outside {
		tcp dport @shared redirect to :40001
	}
}`;
    const table = { session: 'abcdefgh2345', whole: [], shared: [80, 443, 8080, 9090] };
    expect(parseTable(listing)).toEqual(table);
  });

  it('may be empty, or nothing of ours', () => {
    expect(parseTable('table inet kdev_01 {\n\tchain from_outside {\n\t}\n}')).toEqual({
      session: undefined,
      whole: [],
      shared: [],
    });
  });
});
