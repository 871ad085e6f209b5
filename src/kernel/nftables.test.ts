import { expect, test } from 'vitest';
import { NftTable, renderReplacement } from './nftables.ts';

test('replacing is one transaction that works whether or not the table is there', () => {
  expect(renderReplacement('kdev_out', '  chain out { }')).toBe(
    'add table inet kdev_out { flags owner; }\ndelete table inet kdev_out\n' +
      'table inet kdev_out {\n  flags owner;\n  chain out { }\n}\n',
  );
});

test.each(['', 'Kdev', 'kdev-out', '1', 'a; flush ruleset', 'a'.repeat(32)])(
  'refuses %j as a name',
  (name) => {
    expect(() => new NftTable(name)).toThrow(/not a table's name/);
  },
);
