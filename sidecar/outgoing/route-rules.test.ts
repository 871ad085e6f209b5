import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePattern } from '../../src/protocol/pattern.ts';
import { connectionRules, decide, nameRules, withNetworks } from './route-rules.ts';
import { testWorld } from './test-world.ts';

const world = testWorld({
  names: ['db', 'cache'],
  networks: ['172.18.0.0/16'],
  outgoing: {
    local: ['*.internal', '10.0.0.0/8', '10.1.2.3', 'both', ':8125', 'udp://192.168.0.0/16'],
    remote: [
      'secret.internal',
      '*.eu.internal',
      '10.1.0.0/16',
      '10.1.2.3:443',
      'tcp://10.1.2.3:443',
      'both',
      'cache',
      '172.18.0.0/16',
      '*.internal:5432',
    ],
  },
});

const tcp = (address: string, port: number, ...names: string[]) => ({
  address,
  port,
  names,
  protocol: 'tcp' as const,
});
const udp = (address: string, port: number) => ({
  ...tcp(address, port),
  protocol: 'udp' as const,
});

test.each([
  [tcp('9.9.9.9', 80), 'default '],
  [tcp('9.9.9.9', 80, 'git.internal'), 'outgoing.local *.internal'],
  [tcp('9.9.9.9', 5432, 'git.internal'), 'outgoing.remote *.internal:5432'],
  [tcp('9.9.9.9', 80, 'git.eu.internal'), 'outgoing.remote *.eu.internal'],
  [tcp('9.9.9.9', 80, 'secret.internal'), 'outgoing.remote secret.internal'],
  [tcp('10.9.9.9', 80), 'outgoing.local 10.0.0.0/8'],
  [tcp('10.1.9.9', 80), 'outgoing.remote 10.1.0.0/16'],
  [tcp('10.1.2.3', 80), 'outgoing.local 10.1.2.3'],
  [tcp('10.1.2.3', 443), 'outgoing.remote tcp://10.1.2.3:443'],
  [udp('10.1.2.3', 443), 'outgoing.remote 10.1.2.3:443'],
  // An address is one host, a name with * is many; a whole name goes before both.
  [tcp('10.1.2.3', 80, 'git.eu.internal'), 'outgoing.local 10.1.2.3'],
  [tcp('10.1.2.3', 80, 'secret.internal'), 'outgoing.remote secret.internal'],
  // Two names with one address: the more specific rule of both decides.
  [tcp('9.9.9.9', 80, 'git.internal', 'secret.internal'), 'outgoing.remote secret.internal'],
  [tcp('9.9.9.9', 80, 'both'), 'outgoing.local both'],
  [udp('9.9.9.9', 8125), 'outgoing.local :8125'],
  [udp('192.168.1.1', 53), 'outgoing.local udp://192.168.0.0/16'],
  [tcp('192.168.1.1', 53), 'default '],
  // The compose project's own: a filter of the same kind goes before, peers stay by their names.
  [tcp('172.18.0.9', 80), 'outgoing.remote 172.18.0.0/16'],
  [tcp('172.18.0.9', 80, 'db'), 'project '],
  [tcp('172.18.0.9', 80, 'cache'), 'outgoing.remote cache'],
])('%o goes by %s', (destination, expected) => {
  const { list, pattern } = decide(world.rules, destination);
  expect(`${list} ${pattern.text}`).toBe(expected);
});

test('a rule with a port or a protocol does not decide where none is asked for', () => {
  const { list } = decide(world.rules, { address: '10.1.2.3', names: ['git.internal'] });
  expect(list).toBe('outgoing.local');
  expect(decide(world.rules, { address: '9.9.9.9', names: [] }).list).toBe('default');
});

test('who resolves a name: dns first, then outgoing without port and protocol', () => {
  const filters = {
    outgoing: { local: ['*.corp', 'same', 'with-port:80'], remote: ['db', '10.0.0.0/8'] },
    dns: { local: ['*.lan'], remote: ['same', 'wiki.corp'] },
  };
  const rules = nameRules(filters, new Set(['db', 'cache']));
  const by = (name: string) => decide(rules, { names: [name] });
  expect(by('git.corp')).toMatchObject({ list: 'outgoing.local', route: 'local' });
  expect(by('wiki.corp')).toMatchObject({ list: 'dns.remote', route: 'agent' });
  expect(by('tv.lan')).toMatchObject({ list: 'dns.local', route: 'local' });
  expect(by('same')).toMatchObject({ list: 'dns.remote', route: 'agent' });
  expect(by('db')).toMatchObject({ list: 'outgoing.remote', route: 'agent' });
  expect(by('cache')).toMatchObject({ list: 'project', route: 'local' });
  expect(by('with-port')).toMatchObject({ list: 'default', route: 'agent' });
});

test('everything local leaves the compose project as it is', () => {
  const everything = testWorld({ names: ['db'], outgoing: { remote: ['**'] } });
  expect(everything.ruleOfName('db').route).toBe('local');
  const all = testWorld({ outgoing: { local: ['**'] } });
  expect(all.ruleOfName('postgres').route).toBe('local');
  expect(all.ruleOf({ address: '9.9.9.9', names: [] })).toMatchObject({ route: 'local' });
});

const label = fc.constantFrom('a', 'b', 'db', 'x-1');
const name = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'));
const address = fc
  .tuple(fc.constantFrom(10, 11), fc.nat(3), fc.nat(3))
  .map((n) => `${n[0]}.0.${n[1]}.${n[2]}`);
const host = fc.oneof(
  name,
  name.map((text) => `*.${text}`),
  address,
  fc.tuple(address, fc.integer({ min: 6, max: 32 })).map(([text, bits]) => `${text}/${bits}`),
  fc.constant('**'),
);
const port = fc.constantFrom(undefined, 80, 443);
const protocol = fc.constantFrom(undefined, 'tcp', 'udp');
const pattern = fc
  .tuple(protocol, host, port)
  .map(
    ([scheme, text, number]) =>
      `${scheme ? `${scheme}://` : ''}${text}${number ? `:${number}` : ''}`,
  );
const list = fc.array(pattern, { maxLength: 6 });
const destination = fc.record({
  address,
  names: fc.array(name, { maxLength: 2 }),
  protocol: fc.constantFrom<'tcp' | 'udp'>('tcp', 'udp'),
  port: fc.constantFrom(80, 443, 5432),
});

test('property: the order in which filters are written changes nothing', () => {
  fc.assert(
    fc.property(list, list, destination, (local, remote, to) => {
      const routeOf = (first: readonly string[], second: readonly string[]) => {
        const outgoing = { local: first, remote: second };
        return decide(connectionRules({ outgoing }, new Set()), to).route;
      };
      expect(routeOf([...local].reverse(), [...remote].reverse())).toBe(routeOf(local, remote));
    }),
  );
});

test('property: a filter for exactly this connection decides, whatever else there is', () => {
  fc.assert(
    fc.property(list, list, destination, name, (local, remote, to, own) => {
      const exact = `${to.protocol}://${own}:${to.port}`;
      const outgoing = {
        local: local.filter((text) => text !== exact),
        remote: [...remote, exact],
      };
      const names = [...to.names, own];
      const found = decide(connectionRules({ outgoing }, new Set()), { ...to, names });
      const isOfName = !('problem' in parsePattern(found.pattern.text));
      expect(
        isOfName && found.pattern.port === to.port && found.pattern.protocol === to.protocol,
      ).toBe(true);
    }),
  );
});

test('property: without filters all is the pod’s but names and networks of the project', () => {
  const none = connectionRules({ outgoing: { local: [], remote: [] } }, new Set(['db']));
  const rules = withNetworks(none, ['10.0.1.0/24']);
  fc.assert(
    fc.property(destination, (to) => {
      const isNear = to.names.includes('db') || to.address.startsWith('10.0.1.');
      expect(decide(rules, to).route).toBe(isNear ? 'local' : 'agent');
    }),
  );
});
