import { expect, test } from 'vitest';
import { driftWords, findDrift, fingerprint, isSame } from './drift.ts';
import type { Model } from './model.ts';
import { renderProject } from './render-project.ts';
import { namesOnlyPlan } from './service-plan.ts';
import { readTemplates } from './templates.ts';

const templates = readTemplates();

function render(api: Model, { pod = {} as Record<string, string>, others = {} as Model } = {}) {
  const plan = namesOnlyPlan('api', 'kdev/runtime:0.1.0');
  const environment = { ...plan.environment, values: new Map(Object.entries(pod)) };
  const model = { name: 'shop', services: { api, ...others } };
  return renderProject(
    { model, active: Object.keys(model.services), separator: '-' },
    [{ ...plan, environment }],
    templates,
  );
}

type Rendered = ReturnType<typeof render>;

const print = (rendered: Rendered) => fingerprint(rendered, new Set(['api', 'web']));

const words = (before: Rendered | undefined, after: Rendered) =>
  Object.fromEntries(
    findDrift(before ? print(before) : {}, print(after)).map((drift) => [
      drift.service,
      driftWords(drift),
    ]),
  );

const first = render(
  { image: 'a', ports: [{ target: 80 }] },
  { pod: { A: '1' }, others: { web: { image: 'w' } } },
);

test('created, unchanged; who is not asked for does not count', () => {
  expect(words(undefined, first)).toEqual({ api: 'created', web: 'created' });
  expect(words(first, first)).toEqual({
    api: 'configuration unchanged',
    web: 'configuration unchanged',
  });
  const second = render({ ports: [{ target: 80 }], image: 'a' }, { pod: { A: '1' } });
  expect(words(first, second)).toEqual({ api: 'configuration unchanged' });
});

test('a fingerprint has no value in it', () => {
  expect(JSON.stringify(print(render({ image: 'a' }, { pod: { A: 'hunter2' } })))).not.toContain(
    'hunter2',
  );
});

test("what changed is told by the user's own keys, the holder's among them", () => {
  const others = { web: { image: 'w2', x: 1 } };
  expect(words(first, render({ image: 'a', ports: [] }, { pod: { A: '1' }, others }))).toEqual({
    api: 're-created (ports changed)',
    web: 're-created (image, x changed)',
  });
});

test("a value of the pod's environment counts, whatever name carries it", () => {
  const others = { web: { image: 'w' } };
  const api = { image: 'a', ports: [{ target: 80 }] };
  const changed = render(api, { pod: { A: '2' }, others });
  expect(words(first, changed)).toMatchObject({ api: 're-created (environment changed)' });
  const one = render(api, { pod: { A: '1', B: '2' } });
  const other = {
    ...one,
    values: new Map([...one.values].map(([name, value]) => [`${name}`, value])),
  };
  expect(words(one, other)).toEqual({ api: 'configuration unchanged' });
});

test('a network of another kind is no change of a service, and is one of the project', () => {
  const before = render({ image: 'a' });
  const after = { ...before, model: { ...before.model, networks: { default: { driver: 'x' } } } };
  expect(words(before, after)).toEqual({ api: 'configuration unchanged' });
  expect(isSame(print(before), print(before))).toBe(true);
  expect(isSame(print(before), print(after))).toBe(false);
});

test('what was not brought up before is not the same', () => {
  const one = render({ image: 'a' });
  const two = render({ image: 'a' }, { others: { web: { image: 'web' } } });
  expect(isSame(print(one), print(two))).toBe(false);
  expect(isSame(print(two), print(one))).toBe(true);
  expect(isSame({}, print(one))).toBe(false);
});
