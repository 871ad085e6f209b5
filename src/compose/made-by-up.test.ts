import { expect, test } from 'vitest';
import { madeByUp } from './made-by-up.ts';

const model = {
  name: 'shop',
  services: {
    'kdev-net-orders': { image: 'kdev/runtime:1', networks: { front: null } },
    'kdev-sidecar-orders': { image: 'kdev/runtime:1' },
    orders: {
      build: {},
      volumes: [
        { type: 'volume', source: 'data', target: '/data' },
        { type: 'volume', source: 'shop_kdev-files-orders', target: '/etc/app' },
        { type: 'volume', target: '/anonymous' },
        { type: 'bind', source: '/src', target: '/src' },
      ],
    },
    web: { image: 'web', networks: { front: null, shared: null } },
    other: { image: 'other', networks: { other: null } },
  },
  networks: {
    front: { name: 'shop_front' },
    shared: { name: 'company', external: true },
    other: {},
  },
  volumes: {
    data: { name: 'kept' },
    'shop_kdev-files-orders': { name: 'shop_kdev-files-orders', external: true },
  },
};

const made = (separator: '-' | '_', scales: Record<string, number> = {}) =>
  madeByUp({
    model,
    separator,
    services: ['orders', 'web'],
    intercepted: ['orders'],
    scales: new Map(Object.entries(scales)),
  }).map(({ kind, name, what }) => [kind, name, what].filter(Boolean).join(' '));

test('all that two services bring with them, by the names of Docker', () => {
  expect(made('-')).toEqual([
    'image kdev/runtime:1',
    'image shop-orders',
    'image web',
    'network shop_front',
    'volume kept',
    "volume shop_kdev-files-orders the pod's files, made by the session",
    'container shop-kdev-net-orders-1 the holder of orders',
    'container shop-kdev-sidecar-orders-1 the sidecar of orders',
    'container shop-orders-1',
    'container shop-web-1',
  ]);
});

test('a scale, and the names of --compatibility', () => {
  expect(made('_', { web: 2 }).slice(-3)).toEqual([
    'container shop_orders_1',
    'container shop_web_1',
    'container shop_web_2',
  ]);
});
