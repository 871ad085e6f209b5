import { expect, test } from 'vitest';
import { didYouMean, nearestName, nearestNames } from './nearest-name.ts';

test.each([
  ['incomming', 'incoming'],
  ['nmaespace', 'namespace'],
  ['Context', 'context'],
  ['target ', 'target'],
])('%s → %s', (typed, name) => {
  expect(nearestName(typed, ['incoming', 'namespace', 'context', 'target', 'env'])).toBe(name);
});

test('best first, no more than asked for, none that is far', () => {
  const known = ['orders', 'orders-db', 'order', 'payments', 'web'];
  expect(nearestNames('ordes', known)).toEqual(['order', 'orders']);
  expect(nearestNames('orders', known)).toEqual(['orders', 'order', 'orders-db']);
  expect(nearestNames('xyz', known)).toEqual([]);
  expect(nearestNames('ab', ['cd', 'ax'])).toEqual(['ax']);
});

test('a name of any length is compared in bounded time', () => {
  expect(nearestName('a'.repeat(100_000), ['b'.repeat(100_000)])).toBeUndefined();
});

test('as words', () => {
  expect(didYouMean('ordes', ['order', 'orders'])).toBe(', did you mean order or orders?');
  expect(didYouMean('q', ['order'])).toBe('');
});
