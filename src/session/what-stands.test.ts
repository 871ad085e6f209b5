import { expect, test } from 'vitest';
import { kdevError } from '../errors/kdev-error.ts';
import { eachBeside, failedBeside, leftInCluster } from './what-stands.ts';

const failure = kdevError('TARGET_UNKNOWN', {
  fact: 'there is no deployment nope',
  hints: [{ who: 'you', text: 'correct it' }],
});

test('an up that fails tells which services it leaves as they were', () => {
  expect(failedBeside(failure, ['orders'])).toMatchObject({
    code: failure.code,
    fact: failure.fact,
    outcome: 'orders runs on as it was',
  });
  expect(failedBeside(failure, ['orders', 'web']).outcome).toBe('orders, web run on as they were');
  expect(failedBeside(failure, [])).toBe(failure);
  expect(failedBeside(new Error('what?'), ['orders']).code).toBe('KDEV9001');
});

test('of several failures each tells of its own service', () => {
  const error = failure.toPlain();
  const failed = ['orders', 'web'].map((service) => ({ service, error }));
  expect(eachBeside(failed, ['web']).map((one) => one.error.outcome)).toEqual([
    undefined,
    'web runs on as it was',
  ]);
});

test('an end that does not reach the cluster tells what becomes of what is there', () => {
  const leave = () => leftInCluster(failure);
  expect(leave).toThrow(failure.fact);
  expect(leave).toThrow(
    expect.objectContaining({
      code: failure.code,
      outcome: expect.stringMatching(/by itself.*kdev clean/),
    }),
  );
});
