import { expect, test } from 'vitest';
import { cleanWords } from './clean.ts';

test('that nothing was left is said only where nothing was', () => {
  expect(cleanWords({ removed: [], failures: [] })).toEqual({
    found: 'Nothing was left.\n',
    complaints: '',
  });
  expect(cleanWords({ removed: ['web-1', 'volume x'], failures: [] })).toEqual({
    found: 'removed web-1\nremoved volume x\n',
    complaints: '',
  });
  expect(cleanWords({ removed: [], failures: ['kind-dev: no route'] })).toEqual({
    found: '',
    complaints: 'could not be removed: kind-dev: no route\n',
  });
});
