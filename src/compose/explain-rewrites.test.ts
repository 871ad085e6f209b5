import { expect, test } from 'vitest';
import { explainRewrites } from './explain-rewrites.ts';
import { renderProject } from './render-project.ts';
import { namesOnlyPlan } from './service-plan.ts';
import { readTemplates } from './templates.ts';

const model = {
  name: 'shop',
  services: {
    orders: {
      'x-kdev': { target: 'deployment/orders' },
      image: 'orders',
      ports: [{ target: 8080 }],
      networks: { front: null },
      environment: { LOG: 'debug' },
      volumes: [{ type: 'bind', source: '/src', target: '/src' }],
    },
    proxy: { image: 'proxy', network_mode: 'service:orders' },
    old: { image: 'old', links: ['orders:shop'] },
    web: { image: 'web', networks: { front: null } },
  },
  networks: { front: { name: 'shop_front' } },
};

const none = namesOnlyPlan('orders', 'kdev/runtime:1');
const plan = {
  ...none,
  hostname: 'orders-7d9f',
  environment: {
    ...none.environment,
    values: new Map([
      ['DB', 'secret'],
      ['MODE', 'mine'],
    ]),
    unset: ['PROXY'],
  },
  files: {
    mounts: [
      { path: '/etc/app', stub: 'm/0', how: 'materialise' as const },
      { path: '/data', stub: 'm/1', how: 'fuse' as const },
    ],
    materialised: 'shop_files',
    mounted: { volume: 'shop_mounts', mountpoint: '/var/lib/x' },
  },
};

function commentsOn(plans: readonly (typeof plan)[]) {
  const { model: after } = renderProject(
    { model, active: Object.keys(model.services), separator: '-' },
    plans,
    readTemplates(),
  );
  return explainRewrites({
    before: model,
    after,
    plans,
    reasonOf: () => 'stands for deployment/orders (x-kdev in compose.yaml:4)',
    overridesOf: () => new Set(['MODE']),
  }).map(({ path, words }) => {
    const steps = path.map((step) => (typeof step === 'string' ? step : `[${step.value}]`));
    return `${steps.join('.')}: ${words}`;
  });
}

test('each rewrite has its reason, and nothing else has one', () => {
  expect(commentsOn([plan])).toEqual([
    'services.orders: kdev: stands for deployment/orders (x-kdev in compose.yaml:4)',
    'services.orders.network_mode: kdev: in the network of its holder, which has its ports, networks now',
    'services.orders.depends_on.kdev-sidecar-orders: kdev: starts when its way to the pod is there',
    'services.orders.environment.DB: kdev: of the pod; the value is kept out of here',
    'services.orders.environment.MODE: kdev: x-kdev.env.override',
    'services.orders.environment.PROXY: kdev: x-kdev.env.unset takes it away',
    "services.orders.volumes.[/etc/app]: kdev: the pod's /etc/app, as files that are kept fresh",
    "services.orders.volumes.[/data]: kdev: the pod's /data, read through the tunnel",
    'services.kdev-net-orders: kdev: the holder of orders: owns the network, which stays when orders or its sidecar restarts',
    'services.kdev-net-orders.ports: kdev: of orders',
    'services.kdev-net-orders.networks: kdev: of orders, with its names',
    "services.kdev-net-orders.hostname: kdev: the pod's",
    "services.kdev-sidecar-orders: kdev: the sidecar of orders: carries its traffic to and from the pod, answers DNS, shows the pod's files",
    "volumes.shop_files: kdev: the pod's files for orders; the session makes and removes it",
    "volumes.shop_mounts: kdev: the pod's files for orders; the session makes and removes it",
    'services.proxy.network_mode: kdev: was service:orders, whose network its holder has',
    'services.old.links: kdev: to the holder, which has the network',
  ]);
});

test('a project of which nothing is in the cluster has no comments', () => {
  expect(commentsOn([])).toEqual([]);
});
