import { describe, expect, it } from 'vitest';
import { parseHosts } from './hosts.ts';
import { parseResolvConf } from './resolv-conf.ts';

describe('parseResolvConf', () => {
  it("reads a pod's", () => {
    const text =
      'search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5 timeout:2 attempts:3\n';
    expect(parseResolvConf(text)).toEqual({
      nameservers: ['10.96.0.10'],
      search: ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
      ndots: 5,
      timeoutMs: 2000,
      attempts: 3,
    });
  });

  it('has the defaults of resolver(3)', () => {
    expect(parseResolvConf('# nothing\n')).toEqual({
      nameservers: ['127.0.0.1'],
      search: [],
      ndots: 1,
      timeoutMs: 5000,
      attempts: 2,
    });
  });

  it('takes three nameservers, no zone, the last search or domain, and numbers within their limits', () => {
    const text = [
      '; comment',
      'nameserver fe80::1%eth0',
      'nameserver nonsense',
      'nameserver 10.0.0.1',
      'nameserver 10.0.0.2',
      'nameserver 10.0.0.3',
      'search a.example',
      'domain  b.example c.example',
      'options ndots:99 timeout:0',
      'options attempts:77 ndots:x',
    ].join('\n');
    expect(parseResolvConf(text)).toEqual({
      nameservers: ['fe80::1', '10.0.0.1', '10.0.0.2'],
      search: ['b.example'],
      ndots: 1,
      timeoutMs: 1000,
      attempts: 5,
    });
  });
});

describe('parseHosts', () => {
  it('joins lines of one name and reads aliases, whatever their case', () => {
    const text =
      '# kubelet\n127.0.0.1\tlocalhost\n::1 localhost ip6-localhost\n10.0.0.7  Pinned.Example. pinned # x\nfe80::1%eth0 zoned\nnonsense name\n';
    expect(Object.fromEntries(parseHosts(text))).toEqual({
      localhost: ['127.0.0.1', '::1'],
      'ip6-localhost': ['::1'],
      'pinned.example': ['10.0.0.7'],
      pinned: ['10.0.0.7'],
    });
  });
});
