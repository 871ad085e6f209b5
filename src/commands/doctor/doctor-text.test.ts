import { expect, test } from 'vitest';
import { kdevError } from '../../errors/kdev-error.ts';
import type { Check } from './check.ts';
import { doctorRows, doctorText } from './doctor-text.ts';

const terminal = { moves: false, colour: false, unicode: true, columns: 100, rows: 24 };
const well: Check = { area: 'machine', name: 'engine', state: 'ok', words: '26', hints: [] };
const warned: Check = {
  ...well,
  name: 'image',
  state: 'warning',
  words: 'not here',
  hints: [{ who: 'you', text: 'builds it', command: 'kdev image build' }],
};
const error = kdevError('TARGET_UNKNOWN', {
  fact: 'no deployment ordes',
  evidence: 'near: orders',
  hints: [
    { who: 'you', text: 'see all', command: 'kubectl get deployments' },
    { who: 'you', text: 'or ask' },
  ],
});
const failed: Check = {
  area: 'project',
  name: 'target',
  state: 'failed',
  words: error.fact,
  hints: error.hints,
  error,
};
const nowhere: Check = {
  area: 'project',
  name: 'compose file',
  state: 'skipped',
  words: 'there is none here',
  hints: [],
};

test('areas, checks, each fault with its fix, and one sentence', () => {
  expect(doctorText([well, warned, failed], terminal)).toBe(
    [
      'machine',
      '  ✔ engine   26',
      '  ! image    not here',
      '             you can    kdev image build     builds it',
      '',
      'project',
      '  ✘ target   [KDEV5002] no deployment ordes',
      '             near: orders',
      '             you can    kubectl get deployments     see all',
      '                        or ask',
      '',
      '1 of 3 checks failed.',
      '',
    ].join('\n'),
  );
});

test.each([
  [[well], 'Nothing stands in the way of kdev compose up.'],
  [[well, warned], 'Nothing stands in the way of kdev compose up; 1 thing is worth a look.'],
  [[well, nowhere], 'Machine and cluster are ready. There is no compose file here.'],
  [
    [warned, nowhere],
    'Machine and cluster are ready; 1 thing is worth a look. There is no compose file here.',
  ],
  [[failed, failed], '2 of 2 checks failed. Begin with the first: others may hang on it.'],
])('the last sentence', (checks, sentence) => {
  expect(doctorText(checks, terminal).trimEnd().split('\n').at(-1)).toBe(sentence);
});

test('a row a check; the wide form says what to do', () => {
  expect(doctorRows([well, failed], 'table').rows).toEqual([
    ['machine', 'engine', 'ok', '-', '26'],
    ['project', 'target', 'failed', 'KDEV5002', 'no deployment ordes'],
  ]);
  const [, wide] = doctorRows([well, failed], 'wide').rows;
  expect(wide?.slice(5)).toEqual(['near: orders', 'kubectl get deployments; or ask']);
});
