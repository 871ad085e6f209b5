import { expect, test } from 'vitest';
import { imageWay, pushName } from './image-way.ts';

const image = 'registry.example.com:5000/shop/orders:1';

test.each([
  ['dev-control-plane', 'kind', 'dev'],
  ['kind-worker2', 'kind', 'kind'],
  ['k3d-dev-server-0', 'k3d', 'dev'],
  ['k3d-dev-two-agent-11', 'k3d', 'dev-two'],
  ['minikube', 'minikube', 'minikube'],
  ['minikube-m02', 'minikube', 'minikube'],
  ['kdev-test-demo', 'the test cluster', 'demo'],
])('into node %s of %s it is loaded', (node, tool, cluster) => {
  expect(imageWay({ node, image })).toEqual({ kind: 'load', tool, cluster });
});

test('a node that is called as kind’s are is one only where the API server is on this machine', () => {
  const node = 'prod-worker2';
  const kindOf = (server: string) => imageWay({ node, image, server }).kind;
  expect(kindOf('https://127.0.0.1:34567')).toBe('load');
  expect(kindOf('https://[::1]:34567')).toBe('load');
  expect(kindOf('https://10.1.2.3:6443')).toBe('push');
  expect(kindOf('https://127.example.com')).toBe('push');
});

test('a node that shares the engine of this machine needs nothing', () => {
  expect(imageWay({ node: 'docker-desktop', image })).toEqual({ kind: 'shared' });
});

test.each([
  [image, 'registry.example.com:5000/shop/kdev:0.1.0'],
  ['ghcr.io/shop/orders@sha256:00', 'ghcr.io/shop/kdev:0.1.0'],
  ['localhost/orders', 'localhost/kdev:0.1.0'],
  // Nobody may push to Docker Hub's own, and whose the others are is not known.
  ['nginx:1', 'REGISTRY/kdev:0.1.0'],
  ['shop/orders', 'REGISTRY/kdev:0.1.0'],
  ['docker.io/shop/orders', 'REGISTRY/kdev:0.1.0'],
])('elsewhere it is pushed to where %s comes from', (own, pushed) => {
  const way = imageWay({ node: 'ip-10-0-3-7.ec2.internal', image: own });
  expect(way).toMatchObject({ kind: 'push' });
  expect(way.kind === 'push' && pushName(way, 'kdev/runtime:0.1.0')).toBe(pushed);
});
