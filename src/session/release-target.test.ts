import { expect, test } from 'vitest';
import { releaseTarget } from './release-target.ts';

test('an agent that does not answer is told as not reached, without one there is nothing to release', async () => {
  const told: unknown[] = [];
  const release = (link: Parameters<typeof releaseTarget>[0]) =>
    releaseTarget(link, (error) => told.push(error));
  const silent = { release: () => Promise.reject(new Error('late')) };
  expect(await release(silent)).toBe('not reached');
  expect(told).toEqual([new Error('late')]);
  expect(await release({ release: () => Promise.resolve() })).toBe('released');
  expect(await release(undefined)).toBe('released');
});
