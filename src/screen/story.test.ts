import { expect, test } from 'vitest';
import { type DecidedService, decidedText, openingLine } from './story.ts';
import { readTerminal } from './terminal.ts';

const wide = { ...readTerminal({}, {}), columns: 130 };
const narrow = { ...readTerminal({}, {}), columns: 60 };

const orders: DecidedService = {
  service: 'orders',
  mode: 'steal',
  ports: [{ service: 8080, target: 8080 }],
  target: 'deployment/orders',
  readyPods: 1,
  pod: 'orders-5f55d8f659-q8bm4',
  container: { value: 'app', from: '' },
  context: { value: 'kind-dev', from: 'kubeconfig current-context' },
  namespace: { value: 'shop', from: 'x-kdev in compose.yaml:12' },
  agent: 'node mode (Job, admitted; RBAC ok)',
  image: { value: 'kdev/runtime:0.1.0', from: '' },
  mountsKeptFresh: 2,
  pathsReadLive: 1,
  notes: [],
};

test('the first lines', () => {
  const opening = { version: '0.1.0', project: 'shop', inCluster: 1, local: 2 };
  expect(openingLine(opening, wide)).toBe(
    'kdev 0.1.0 · project shop · 1 service in the cluster, 2 local',
  );
  expect(openingLine({ ...opening, version: undefined, inCluster: 2, local: 0 }, wide)).toBe(
    'project shop · 2 services in the cluster',
  );
  expect(decidedText(orders, wide)).toBe(
    `  orders   steal :8080 of deployment/orders, pod orders-5f55d8f659-q8bm4, container app
           context kind-dev (kubeconfig current-context), namespace shop (x-kdev in compose.yaml:12)
           agent: node mode (Job, admitted; RBAC ok) · image kdev/runtime:0.1.0
           outgoing and DNS through the pod, 3 mounts (2 kept fresh, 1 live)`,
  );
});

test('mapped ports, nothing incoming, no files, notes', () => {
  const text = decidedText(
    {
      ...orders,
      mode: 'mirror',
      ports: [
        { service: 3000, target: 80 },
        { service: 9090, target: 9090 },
      ],
      mountsKeptFresh: 0,
      pathsReadLive: 0,
      notes: ['LEGACY is left out: Docker carries UTF-8 only, and the value is other bytes'],
    },
    wide,
  );
  expect(text).toContain('mirror :80 (here :3000) :9090 of deployment/orders');
  expect(text).toContain(
    'outgoing and DNS through the pod, no files\n           LEGACY is left out',
  );
  expect(decidedText({ ...orders, filter: 'header x-user=ada' }, wide)).toContain(
    'of deployment/orders with header x-user=ada, pod',
  );
  expect(decidedText({ ...orders, mode: 'steal', ports: [] }, wide)).toContain(
    'orders   steal every port of the service, of deployment/orders, pod',
  );
  expect(decidedText({ ...orders, mode: 'off', ports: [] }, wide)).toContain(
    'orders   nothing comes in · stands for deployment/orders, pod',
  );
});

test('in 60 columns', () => {
  const text = decidedText(orders, narrow);
  expect(text).toBe(
    `  orders   steal :8080 of deployment/orders, pod
           orders-5f55d8f659-q8bm4, container app
           context kind-dev (kubeconfig current-context),
           namespace shop (x-kdev in compose.yaml:12)
           agent: node mode (Job, admitted; RBAC ok) · image
           kdev/runtime:0.1.0
           outgoing and DNS through the pod, 3 mounts (2
           kept fresh, 1 live)`,
  );
});
