import { expect, test } from 'vitest';
import { listRunVariables } from './run-variables.ts';

const rules = { include: ['*'], exclude: [], override: { MODE: 'dev' }, unset: [] };
const pod = 'MODE=production\0NAME=pod\0SHARED=same\0NEW=later\0';
const held = { environment: Buffer.from(pod).toString('base64'), rules, changed: ['NEW'] };
/** Of a container: its image's own are left out already. */
const environment = new Map([
  ['MODE', 'dev'],
  ['NAME', 'mine'],
  ['SHARED', 'same'],
  ['NEW', 'before'],
  ['COST', '5$'],
]);

test('what the pod gives is the pod’s, also what has changed since; all else is of its options', () => {
  const { found, gap, changed } = listRunVariables('orders', environment, held);
  expect(found.variables).toEqual([
    { name: 'COST', value: '5$', from: 'options' },
    { name: 'MODE', value: 'dev', from: 'override' },
    { name: 'NAME', value: 'mine', from: 'options' },
    { name: 'NEW', value: 'later', from: 'pod' },
    { name: 'SHARED', value: 'same', from: 'pod' },
  ]);
  expect([gap, changed]).toEqual([undefined, ['NEW']]);
});

test('of one that does not run it is said that nothing is known', () => {
  const { found, gap } = listRunVariables('orders', environment, undefined);
  expect(found.variables).toEqual([]);
  expect(gap).toContain('orders does not run');
});
