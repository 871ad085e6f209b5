import { expect, test } from 'vitest';
import { leftOut, withoutDependencies } from './left-out.ts';

const started = { condition: 'service_started', required: true };
const model = {
  services: {
    orders: {},
    web: { depends_on: { orders: started } },
    proxy: { depends_on: { store: started, web: started } },
    store: {},
    report: { depends_on: { orders: { ...started, required: false } } },
  },
};
const all = Object.keys(model.services);

test('who depends on what is missing waits in vain, and so does who depends on them', () => {
  expect([...leftOut(model, all, ['orders'])]).toEqual([
    ['web', 'orders'],
    ['proxy', 'web'],
  ]);
});

test('only what was to start is left out', () => {
  expect([...leftOut(model, ['orders', 'store'], ['orders'])]).toEqual([]);
});

test('an order of the file in which the last is needed by the first', () => {
  const services = { a: { depends_on: { b: started } }, b: { depends_on: { c: started } }, c: {} };
  expect([...leftOut({ services }, ['a', 'b', 'c'], ['c'])]).toEqual([
    ['b', 'c'],
    ['a', 'b'],
  ]);
});

test('who can do without it does not bring it up', () => {
  const { services } = withoutDependencies(model, ['orders']);
  expect(services).toEqual({
    orders: {},
    web: { depends_on: {} },
    proxy: { depends_on: { store: started, web: started } },
    store: {},
    report: { depends_on: {} },
  });
});
