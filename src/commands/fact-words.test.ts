import { expect, test } from 'vitest';
import type { MergedEnvironment } from '../compose/service-plan.ts';
import { factWords } from './fact-words.ts';

const nothing: MergedEnvironment = {
  values: new Map(),
  unset: [],
  fromPod: 14,
  leftOut: [],
  refused: [],
};
const origins = {
  'env.exclude': { from: 'service', words: 'x-kdev in compose.yaml:14' },
} as const;

const words = (environment: Partial<MergedEnvironment>, shadowed: string[] = []) =>
  factWords({ environment: { ...nothing, ...environment } }, origins, shadowed);

test('how many variables are of the pod, and which rule leaves which out', () => {
  expect(words({})).toEqual(['14 variables of the pod']);
  const leftOut = [
    { name: 'AWS_KEY', rule: 'exclude' },
    { name: 'DB_URL', rule: 'compose' },
    ...['HOME', 'HOSTNAME', 'LD_PRELOAD', 'PATH', 'PWD', 'TERM'].map((name) => ({
      name,
      rule: 'image' as const,
    })),
    { name: 'LOG_LEVEL', rule: 'override' },
  ] as const;
  expect(words({ fromPod: 1, leftOut })).toEqual([
    '1 variable of the pod · left out: HOME, HOSTNAME, LD_PRELOAD, PATH and 2 more (its image has its own)' +
      ' · DB_URL (yours goes before) · AWS_KEY (env.exclude, x-kdev in compose.yaml:14) · LOG_LEVEL (env.override)',
  ]);
});

test('what cannot be carried, and what the service covers with mounts of its own', () => {
  const refused = [{ name: 'A', why: 'it is longer than 128 KiB' }];
  expect(words({ refused }, ['/etc/app']).slice(1)).toEqual([
    'A of the pod is left out: it is longer than 128 KiB (x-kdev.env.exclude silences this)',
    '/etc/app of the pod is not shown: the service mounts its own there',
  ]);
});
