import { expect, test } from 'vitest';
import { kdevError } from '../errors/kdev-error.ts';
import { eachService } from './each-service.ts';

const refused = kdevError('TARGET_UNKNOWN', {
  fact: 'no such target',
  hints: [{ who: 'you', text: 'look' }],
});

function bringUp(
  names: readonly string[],
  options: { failFast?: boolean; signal?: AbortSignal } = {},
) {
  const { failFast = false, signal = new AbortController().signal } = options;
  const work = async (name: string, either: AbortSignal) => {
    await Promise.resolve();
    if (name.startsWith('bad')) throw refused;
    return `${name}${either.aborted ? ' aborted' : ''}`;
  };
  return eachService(names, work, { failFast, signal, nameOf: (name) => name });
}

test('one failing service does not take the others down', async () => {
  expect(await bringUp(['bad', 'orders', 'web'])).toEqual({
    done: ['orders', 'web'],
    failed: [{ service: 'bad', error: refused.toPlain() }],
  });
});

test('all may fail, each for itself', async () => {
  const { done, failed } = await bringUp(['bad-1', 'bad-2']);
  expect([done, failed.map(({ service }) => service)]).toEqual([[], ['bad-1', 'bad-2']]);
});

test('where one ends them all, its error is thrown', async () => {
  await expect(bringUp(['orders', 'bad'], { failFast: true })).rejects.toBe(refused);
});

test("what fails because everything ends is nobody's own failure", async () => {
  await expect(bringUp(['bad'], { signal: AbortSignal.abort() })).rejects.toBe(refused);
});
