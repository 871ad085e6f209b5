import { expect, test } from 'vitest';
import { outsideSettings } from '../config/flags.ts';
import { dockerOptions, olderNames } from './options.ts';

test("kdev's own options are none of Docker's, and older names are those of an option", () => {
  const names = dockerOptions.map(({ name }) => name);
  for (const { flag } of outsideSettings) expect(names).not.toContain(flag.slice(2));
  expect(dockerOptions.map(({ short }) => short)).not.toContain('n');
  for (const [older, name] of Object.entries(olderNames)) {
    expect(names).toContain(name);
    expect(names).not.toContain(older);
  }
});

test('what is refused says why, and what does instead', () => {
  for (const { name, refused } of dockerOptions) {
    if (refused) expect([name, refused.why !== '' && refused.instead !== '']).toEqual([name, true]);
  }
});
