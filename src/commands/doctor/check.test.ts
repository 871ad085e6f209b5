import { expect, test } from 'vitest';
import { kdevError } from '../../errors/kdev-error.ts';
import { check } from './check.ts';

const hint = { who: 'you', text: 'do this' } as const;

test('what is found is ok, a warning or not looked at', async () => {
  expect(await check('machine', 'a', () => 'well')).toEqual({
    area: 'machine',
    name: 'a',
    state: 'ok',
    words: 'well',
    hints: [],
  });
  expect(await check('machine', 'a', () => ({ warning: 'hm', hints: [hint] }))).toMatchObject({
    state: 'warning',
    words: 'hm',
    hints: [hint],
  });
  expect(await check('machine', 'a', () => ({ skipped: 'no' }))).toMatchObject({
    state: 'skipped',
  });
});

test('what is thrown is the failure, with its hints; what nobody expected is a bug', async () => {
  const error = kdevError('TARGET_UNKNOWN', { fact: 'no such', hints: [hint] });
  expect(await check('project', 'b', () => Promise.reject(error))).toMatchObject({
    state: 'failed',
    words: 'no such',
    hints: [hint],
    error: { exitCode: 51 },
  });
  const slip = () => Promise.reject(new TypeError('a slip'));
  expect(await check('project', 'b', slip)).toMatchObject({ error: { code: 'KDEV9001' } });
});
