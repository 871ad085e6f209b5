import { expect, test } from 'vitest';
import { asKdevError, fromPlain, isKdevError, KdevError, kdevError } from './kdev-error.ts';

const unknownContext = kdevError('CONTEXT_UNKNOWN', {
  fact: 'the kubeconfig has no context kind-dve',
  evidence: 'known: kind-dev, kind-prod',
  hints: [{ who: 'you', text: 'meant kind-dev?', command: 'kdev compose --context kind-dev up' }],
  cause: new Error('from below'),
});

test('an error carries its kind, its words and its cause', () => {
  expect(unknownContext).toMatchObject({
    name: 'KdevError',
    message: 'the kubeconfig has no context kind-dve',
    code: 'KDEV2402',
    exitCode: 24,
    cause: new Error('from below'),
  });
  expect(isKdevError(unknownContext)).toBe(true);
  expect(isKdevError(unknownContext, 'RBAC_DENIED', 'CONTEXT_UNKNOWN')).toBe(true);
  expect(isKdevError(unknownContext, 'RBAC_DENIED')).toBe(false);
  expect(isKdevError(new Error('KDEV2402'))).toBe(false);
});

test('it survives the way from the session to the cli', () => {
  const arrived = fromPlain(JSON.parse(JSON.stringify(unknownContext.toPlain())));
  expect(arrived).toBeInstanceOf(KdevError);
  expect(arrived.kind).toEqual(unknownContext.kind);
  expect(arrived.toPlain()).toEqual(unknownContext.toPlain());
});

test('a code that this version does not know counts as internal and keeps its number', () => {
  const arrived = fromPlain({ code: 'KDEV5999', fact: 'something new', hints: [] });
  expect(arrived).toMatchObject({ code: 'KDEV5999', exitCode: 90, fact: 'something new' });
});

test('anything else that is thrown is shown as a bug', () => {
  expect(asKdevError(unknownContext)).toBe(unknownContext);
  const bug = asKdevError(new TypeError('x is not a function'));
  expect(bug).toMatchObject({ code: 'KDEV9001', evidence: 'TypeError: x is not a function' });
  expect(asKdevError('text')).toMatchObject({ exitCode: 90, evidence: 'text' });
});
