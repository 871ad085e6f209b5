import { expect, test } from 'vitest';
import { closingText, isComplete, type Standing, standingText, willText } from './standing.ts';
import { readTerminal } from './terminal.ts';

const wide = { ...readTerminal({}, {}), columns: 130 };
const narrow = { ...readTerminal({}, {}), columns: 60 };
const next = ['kdev status', 'kdev compose logs -f orders', 'kdev compose down'];

const orders: Standing = {
  service: 'orders',
  mode: 'steal',
  ports: [{ service: 8080, target: 8080 }],
  target: 'deployment/orders',
  readyPods: 1,
  context: { value: 'kind-dev', from: '' },
  namespace: { value: 'shop', from: '' },
  incoming: [8080],
  isLinked: true,
};
const mirrored: Standing = { ...orders, mode: 'mirror' };
const every: Standing = { ...orders, ports: [] };
const off: Standing = { ...orders, mode: 'off', ports: [], incoming: [] };
const deaf = { incoming: [] };
const two = {
  ports: [
    { service: 8080, target: 8080 },
    { service: 3000, target: 80 },
  ],
};
const ended = { incoming: [], ended: 'Exited (1) 2 seconds ago' };

test('the last line', () => {
  expect(closingText([orders], next, wide)).toBe(
    'orders now answers for deployment/orders:8080 in shop.   kdev status · kdev compose logs -f orders · kdev compose down',
  );
  expect(closingText([orders], next, narrow)).toBe(
    `orders now answers for deployment/orders:8080 in shop.
kdev status · kdev compose logs -f orders · kdev compose down`,
  );
  const several = [orders, { ...mirrored, service: 'web' }];
  const ascii = { ...readTerminal({}, { LC_ALL: 'C' }), columns: 160 };
  expect(closingText(several, next, ascii)).toBe(
    `orders now answers for deployment/orders:8080 in shop.
web now sees what reaches deployment/orders:8080 in shop, which answers itself.   kdev status - kdev compose logs -f orders - kdev compose down`,
  );
});

test('what a service is by now', () => {
  expect(standingText(off)).toBe('orders now runs as if it were deployment/orders in shop.');
  expect(standingText({ ...orders, filter: 'path /api/*' })).toBe(
    'orders now answers for deployment/orders:8080 in shop (only requests with path /api/*).',
  );
  expect(standingText({ ...orders, ...two })).toBe(
    'orders now answers for deployment/orders in shop, but for :3000, where it does not listen yet.',
  );
  expect(standingText({ ...mirrored, ...two })).toBe(
    'orders now sees what reaches deployment/orders in shop, which answers itself, but for :3000, where it does not listen yet.',
  );
});

test('a port that another session has', () => {
  const conflict = 'bob@desk already steals :8080 of deployment/orders, for 12 min now (KDEV5005)';
  expect(standingText({ ...orders, ...deaf, conflict })).toBe(
    `orders does not answer for deployment/orders:8080 in shop: ${conflict}.`,
  );
});

test('whatever port the service opens', () => {
  expect(standingText(every)).toBe('orders now answers for deployment/orders in shop.');
  expect(standingText({ ...every, ...deaf })).toBe(
    'orders does not listen on any port yet: deployment/orders in shop answers for itself until it does.',
  );
  expect(willText(every, wide)).toBe(
    'orders answers for deployment/orders in shop as soon as it listens on any port.',
  );
});

test('one of several pods is said to be one of them', () => {
  const of3 = { readyPods: 3 };
  const hint =
    '\nThe other pods get requests too, unless: kubectl --context kind-dev -n shop scale deployment/orders --replicas=1';
  expect(standingText({ ...orders, ...of3 })).toBe(
    `orders now answers for 1 of 3 pods of deployment/orders:8080 in shop.${hint}`,
  );
  expect(standingText({ ...mirrored, ...of3 })).toBe(
    `orders now sees what reaches 1 of 3 pods of deployment/orders:8080 in shop, which answers itself.${hint}`,
  );
  expect(standingText({ ...off, ...of3 })).toBe(standingText(off));
});

test('what it is not yet', () => {
  const hint =
    '\nWhere its program listens on another port: --incoming-ports PORT:8080, or x-kdev: {incoming: {ports: ["PORT:8080"]}}';
  expect(standingText({ ...orders, ...deaf })).toBe(
    `orders does not listen on :8080 yet: deployment/orders:8080 in shop answers for itself until it does.${hint}`,
  );
  expect(standingText({ ...mirrored, ...deaf })).toBe(
    `orders does not listen on :8080 yet: it sees nothing of what reaches deployment/orders:8080 in shop until it does.${hint}`,
  );
  expect(standingText({ ...orders, ...ended })).toBe(
    'orders does not run (Exited (1) 2 seconds ago): deployment/orders:8080 in shop answers for itself.',
  );
  expect(standingText({ ...orders, ...deaf, isLinked: false })).toBe(
    'orders has no link to its agent yet: deployment/orders:8080 in shop answers for itself until it does.',
  );
  expect(standingText({ ...off, isLinked: false })).toBe(
    'orders has no link to its agent yet: it does not run as deployment/orders in shop yet.',
  );
});

test('only when every port comes in, or nothing is to come in, it is complete', () => {
  const all = [orders, mirrored, off, { ...orders, ...two }, { ...off, isLinked: false }];
  expect(all.map(isComplete)).toEqual([true, true, true, false, false]);
});
