import { expect, test } from 'vitest';
import { type AddressChange, KnownAddresses, PAIRS_MAX } from './known-addresses.ts';
import { hasSets } from './local-rules.ts';
import { testWorld } from './test-world.ts';

function known() {
  const rules = testWorld({
    names: ['db'],
    outgoing: { local: ['*.internal', 'git.internal:22'] },
  }).rules.filter(hasSets);
  const changes: string[] = [];
  const clock = { nowMs: 0 };
  const words = (sign: string) => (change: AddressChange) =>
    `${sign}${change.rule.pattern.text || change.rule.list} ${change.address}`;
  const addresses = new KnownAddresses({
    rules,
    onChange: ({ added, removed }) =>
      changes.push(...added.map(words('+')), ...removed.map(words('-'))),
    nowMs: () => clock.nowMs,
  });
  const learn = (name: string, address: string, ttlSeconds = 5) =>
    addresses.learn(name, [{ address, ttlSeconds }]);
  return { addresses, learn, changes, clock };
}

test('an address holds for every rule that its name belongs to, and is told once', () => {
  const { learn, changes, addresses } = known();
  learn('git.internal', '10.0.0.1');
  learn('git.internal', '10.0.0.1');
  learn('db', '172.18.0.3');
  learn('example.com', '192.0.2.1');
  expect(changes).toEqual([
    '+git.internal:22 10.0.0.1',
    '+*.internal 10.0.0.1',
    '+project 172.18.0.3',
  ]);
  expect(addresses.namesOf('10.0.0.1')).toEqual(['git.internal']);
  expect(addresses.namesOf('192.0.2.1')).toEqual([]);
});

test('it is forgotten ten minutes after its last answer, or after a longer time to live', () => {
  const { addresses, learn, changes, clock } = known();
  learn('a.internal', '10.0.0.1');
  learn('b.internal', '10.0.0.2', 3_600);
  learn('c.internal', '10.0.0.3', 1e9);
  changes.length = 0;
  const at = (seconds: number) => {
    clock.nowMs = seconds * 1_000;
    addresses.sweep();
    return changes.splice(0);
  };
  expect(at(300)).toEqual([]);
  learn('a.internal', '10.0.0.1');
  expect(at(899)).toEqual([]);
  expect(at(900)).toEqual(['-*.internal 10.0.0.1']);
  expect(at(3_600)).toEqual(['-*.internal 10.0.0.2']);
  expect(at(86_400)).toEqual(['-*.internal 10.0.0.3']);
  expect(addresses.all).toEqual([]);
});

test('an address of two names stays for as long as one of them leads to it', () => {
  const { addresses, learn, changes, clock } = known();
  learn('a.internal', '10.0.0.1');
  clock.nowMs = 60_000;
  learn('b.internal', '10.0.0.1');
  clock.nowMs = 600_000;
  addresses.sweep();
  expect(changes).toEqual(['+*.internal 10.0.0.1']);
  expect(addresses.namesOf('10.0.0.1')).toEqual(['b.internal']);
});

test('of too many the oldest are forgotten', () => {
  const { addresses, learn, changes } = known();
  for (let i = 0; i <= PAIRS_MAX; i++) learn(`n${i}.internal`, `10.1.${i >> 8}.${i & 255}`);
  expect(changes.filter((change) => change.startsWith('-'))).toEqual(['-*.internal 10.1.0.0']);
  expect(addresses.all).toHaveLength(PAIRS_MAX);
});
