import { expect, test } from 'vitest';
import { mapAt } from './model.ts';
import { applyPullFlag } from './pull-policy.ts';
import { renderProject } from './render-project.ts';
import { namesOnlyPlan } from './service-plan.ts';
import { readTemplates } from './templates.ts';

const project = { name: 'shop', services: { api: { image: 'a' }, web: { build: '.' } } };
const { model } = renderProject(
  { model: project, active: ['api', 'web'], separator: '-' },
  [namesOnlyPlan('api', 'kdev/runtime:1')],
  readTemplates(),
);

function policies(line: string) {
  const [command = '', ...args] = line.split(' ');
  const applied = applyPullFlag({ command, args, model });
  const services = Object.entries(mapAt(applied.model, 'services'));
  return {
    args: applied.args.join(' '),
    policies: Object.fromEntries(
      services.map(([name, service]) => [name, (service as { pull_policy?: string }).pull_policy]),
    ),
  };
}

const own = { 'kdev-net-api': 'never', 'kdev-sidecar-api': 'never' };

test("kdev's own image is never pulled by Compose, whatever --pull says", () => {
  expect(policies('up -d')).toEqual({ args: '-d', policies: own });
  const pulled = { args: '-d web', policies: { ...own, api: 'always', web: 'always' } };
  expect(policies('up -d --pull always web')).toEqual(pulled);
  expect(policies('up -d --pull=always web')).toEqual(pulled);
});

test('the words of a program stay', () => {
  expect(policies('run --rm -e A=1 --pull missing api get --pull x')).toEqual({
    args: '--rm -e A=1 api get --pull x',
    policies: { ...own, api: 'missing', web: 'missing' },
  });
});

test('what Compose must judge itself, and other flags of the name', () => {
  expect(policies('up --pull allways').args).toBe('--pull allways');
  expect(policies('build --pull web')).toEqual({ args: '--pull web', policies: own });
});
