import { expect, test } from 'vitest';
import { listVariables } from './list-variables.ts';
import { composeNames } from './merge-environment.ts';

const project = {
  services: {
    api: { environment: { OWN: 'a$$b', BOTH: 'compose', GONE: 'compose', TAKEN: null } },
  },
};
const pod = Buffer.from('BOTH=pod\0POD=p\0TAKEN=from pod\0HIDDEN=h\0PATH=/bin\0OVER=pod\0');
const rules = {
  include: ['*'],
  exclude: ['HIDDEN'],
  override: { OVER: 'mine', GONE: 'mine' },
  unset: ['GONE'],
};

test('each value has the source that gave it', () => {
  const found = listVariables(project, 'api', {
    pod,
    rules,
    compose: composeNames(project, 'api'),
    ruleWords: (rule) => rule,
  });
  expect(found.variables).toEqual([
    { name: 'BOTH', value: 'compose', from: 'compose' },
    { name: 'OVER', value: 'mine', from: 'override' },
    { name: 'OWN', value: 'a$b', from: 'compose' },
    { name: 'POD', value: 'p', from: 'pod' },
    { name: 'TAKEN', value: 'from pod', from: 'pod' },
  ]);
  expect(found.leftOut).toEqual([
    { name: 'GONE', why: 'unset' },
    { name: 'HIDDEN', why: 'exclude' },
    { name: 'PATH', why: 'image' },
  ]);
});
