import { expect, test } from 'vitest';
import { findNode } from './load-image.ts';

const containers = ['shop-web-1', 'kdev-test-demo', 'kind-control-plane', 'minikube'];

test.each([
  ['demo', 'kdev-test-demo'],
  ['kind', 'kind-control-plane'],
  ['minikube', 'minikube'],
])('the node of %s is %s', (cluster, node) => {
  expect(findNode(containers, cluster)).toBe(node);
});

test('a wrong name is told as that, with the clusters that there are', () => {
  expect(() => findNode(containers, 'dmeo')).toThrow(
    expect.objectContaining({
      code: 'KDEV12203',
      exitCode: 123,
      fact: 'no cluster dmeo runs on this engine, did you mean demo?',
      evidence: expect.stringContaining('clusters here: demo, kind'),
    }),
  );
  expect(() => findNode([], 'dev')).toThrow(
    expect.objectContaining({ evidence: expect.stringContaining('clusters here: none') }),
  );
});
