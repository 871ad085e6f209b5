import { expect, test } from 'vitest';
import { guessTarget, type ServiceTraits, type TargetTraits } from './guess-target.ts';

const service = (name: string, more: Partial<ServiceTraits> = {}): ServiceTraits => ({
  name,
  image: undefined,
  isBuilt: true,
  ports: [],
  ...more,
});
const target = (name: string, image = 'none', ...ports: number[]): TargetTraits => ({
  target: `deployment/${name}`,
  image,
  ports: ports.map((port) => ({ port })),
});

function guess(services: readonly ServiceTraits[], targets: readonly TargetTraits[]): string[] {
  return guessTarget(services, targets, 'shop').map(
    (match) => `${match.service} ${match.target.target}: ${match.reasons.join(', ')}`,
  );
}

test('by its name, with the port as a second witness', () => {
  expect(
    guess([service('orders', { ports: [8080] }), service('web')], [target('orders', 'x', 8080)]),
  ).toEqual(['orders deployment/orders: the same name, port 8080']);
});

test.each([
  ['orders', 'shop-orders', "the name with the project's before it"],
  ['orders', 'orders-api', 'a similar name'],
  ['orders_api', 'orders-api', 'the same name'],
  ['ordersApi', 'orders-api', 'the same name'],
  ['api-orders', 'orders', 'a similar name'],
])('%s and %s: %s', (name, workload, why) => {
  expect(guess([service(name)], [target(workload), target('cart')])).toEqual([
    `${name} deployment/${workload}: ${why}`,
  ]);
});

test('the same name goes before a similar one', () => {
  expect(guess([service('orders')], [target('orders-worker'), target('orders')])).toEqual([
    'orders deployment/orders: the same name',
  ]);
});

test('by its image, whatever tag, digest or hub', () => {
  const run = service('app', { image: 'docker.io/library/orders:dev' });
  expect(guess([run], [target('cart'), target('backend', 'orders@sha256:00')])).toEqual([
    'app deployment/backend: image orders',
  ]);
  const mirrored = service('app', { image: 'localhost:5000/team/orders' });
  expect(guess([mirrored], [target('backend', 'registry.example.com/orders:1')])).toEqual([
    'app deployment/backend: an image called orders',
  ]);
});

test('by the port alone, where nothing else speaks', () => {
  expect(
    guess([service('app', { ports: [3000] })], [target('a', 'x', 80), target('b', 'x', 3000)]),
  ).toEqual(['app deployment/b: port 3000']);
});

test('what is built goes before what is only run', () => {
  const redis = service('redis', { isBuilt: false, image: 'redis:7', ports: [6379] });
  expect(
    guess([redis, service('orders')], [target('redis', 'redis:7', 6379), target('orders-api')]),
  ).toEqual(['orders deployment/orders-api: a similar name']);
});

test('equally good ones all', () => {
  expect(guess([service('orders'), service('web')], [target('orders'), target('web')])).toEqual([
    'orders deployment/orders: the same name',
    'web deployment/web: the same name',
  ]);
});

test('without any likeness all pairs; without targets none', () => {
  expect(guess([service('app')], [target('orders'), target('web')])).toEqual([
    'app deployment/orders: ',
    'app deployment/web: ',
  ]);
  expect(guess([service('app')], [])).toEqual([]);
});
