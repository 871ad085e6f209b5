import { expect, test } from 'vitest';
import { changedVariables, changedWords, takenWords } from './changed-variables.ts';

function pod(name: string, variables: Readonly<Record<string, string>>) {
  const entries = Object.entries(variables).map(([key, value]) => `${key}=${value}\0`);
  const target = { pod: name, hostname: name, podUid: '', podAddress: '10.1.1.1', node: 'node-1' };
  return { environment: Buffer.from(entries.join('')), target };
}

const rules = { include: ['*'], exclude: ['NOISE'], override: { FIXED: 'mine' }, unset: [] };

test('what another pod has otherwise, is new or gone, as far as the service gets it', () => {
  const former = pod('orders-1', { GREETING: 'a', OLD: '1', SAME: 's', NOISE: '1', FIXED: '1' });
  const now = pod('orders-2', { GREETING: 'b', NEW: '1', SAME: 's', NOISE: '2', FIXED: '2' });
  expect(changedVariables(former, now, rules)).toEqual(['GREETING', 'NEW', 'OLD']);
});

test('which pod it is is no change', () => {
  const own = (name: string) => pod(name, { POD: name, HOSTNAME: name, URL: `http://${name}:80/` });
  expect(changedVariables(own('orders-1'), own('orders-2'), rules)).toEqual([]);
});

test('many names are counted', () => {
  const names = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
  expect(changedWords(['A'])).toBe(
    'changed in the pod since the last up: A. kdev compose up -d takes them.',
  );
  expect(takenWords(names)).toBe('up took what had changed in the pod: A, B, C, D, E and 2 more');
});
