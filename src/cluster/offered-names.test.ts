import { expect, test } from 'vitest';
import { offerNames } from './offered-names.ts';

const many = ['orders', 'payments', 'gateway', 'postgres', 'web', 'worker'];

test.each([
  ['ordres', many, 'near: orders'],
  ['zzz', many, '6 pods, none with a near name'],
  ['zzz', ['b', 'a'], 'pods: a, b'],
  ['zzz', [], 'there are no pods'],
])('%s', (typed, known, words) => {
  expect(offerNames(typed, known, 'pods')).toBe(words);
});
