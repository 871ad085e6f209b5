import { expect, test } from 'vitest';
import { findNodes } from './load-image.ts';

const container = (name: string, labels: Record<string, string> = {}) => ({ name, labels });
const kind = (cluster: string, role: string) => ({
  'io.x-k8s.kind.cluster': cluster,
  'io.x-k8s.kind.role': role,
});
const k3d = (cluster: string, role: string) => ({ 'k3d.cluster': cluster, 'k3d.role': role });
const minikube = { 'created_by.minikube.sigs.k8s.io': 'true' };

const containers = [
  container('shop-web-1'),
  container('kdev-test-demo'),
  container('kind-control-plane', kind('kind', 'control-plane')),
  container('kind-worker', kind('kind', 'worker')),
  container('kind-external-load-balancer', kind('kind', 'external-load-balancer')),
  container('old-control-plane'),
  container('k3d-dev-server-0', k3d('dev', 'server')),
  container('k3d-dev-agent-0', k3d('dev', 'agent')),
  container('k3d-dev-serverlb', k3d('dev', 'loadbalancer')),
  container('minikube', minikube),
  container('minikube-m02', minikube),
];

test.each([
  ['demo', ['kdev-test-demo']],
  ['kind', ['kind-control-plane', 'kind-worker']],
  ['old', ['old-control-plane']],
  ['dev', ['k3d-dev-server-0', 'k3d-dev-agent-0']],
  ['k3d-dev', ['k3d-dev-server-0', 'k3d-dev-agent-0']],
  ['kind-kind', ['kind-control-plane', 'kind-worker']],
  ['minikube', ['minikube', 'minikube-m02']],
])('the nodes of %s are %s', (cluster, nodes) => {
  expect(findNodes(containers, cluster)).toEqual(nodes);
});

test('a wrong name is told as that, with the clusters that there are', () => {
  expect(() => findNodes(containers, 'dmeo')).toThrow(
    expect.objectContaining({
      code: 'KDEV12203',
      exitCode: 123,
      fact: 'no cluster dmeo runs on this engine, did you mean demo?',
      evidence: expect.stringContaining('clusters here: demo, kind, old, dev, minikube'),
    }),
  );
  expect(() => findNodes([], 'dev')).toThrow(
    expect.objectContaining({ evidence: expect.stringContaining('clusters here: none') }),
  );
});
