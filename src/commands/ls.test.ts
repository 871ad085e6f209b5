import { expect, test } from 'vitest';
import { kdevError } from '../errors/kdev-error.ts';
import { orElsewhere } from './ls.ts';

const admin = { who: 'admin', text: 'allow it' } as const;

test('who may not list in a namespace is told first how to look in another one', () => {
  const denied = kdevError('RBAC_DENIED', { fact: 'ada may not list pods', hints: [admin] });
  let thrown: unknown;
  try {
    orElsewhere(denied);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({
    code: denied.code,
    fact: denied.fact,
    hints: [{ who: 'you', command: 'kdev ls -n NAMESPACE' }, admin],
  });
  const other = new Error('no answer');
  expect(() => orElsewhere(other)).toThrow(other);
});
