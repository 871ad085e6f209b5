import { expect, test } from 'vitest';
import { admissionRefusal } from './admission-refusal.ts';
import { parseDenied } from './api-failure.ts';

const refused = (message: string) =>
  admissionRefusal({ message, namespace: 'shop', what: "the agent's pod" }, undefined);

test('Pod Security: every violation in the words of the API', () => {
  const error = refused(
    'pods "kdev-agent-x" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true), non-default capabilities (container "agent" must not include "NET_ADMIN", "NET_RAW" in securityContext.capabilities.add)',
  );
  expect(error).toMatchObject({
    code: 'KDEV3102',
    fact: "the cluster refuses the agent's pod in namespace shop",
    evidence:
      'Pod Security "baseline" forbids: host namespaces (hostPID=true), non-default capabilities (container "agent" must not include "NET_ADMIN", "NET_RAW" in securityContext.capabilities.add)',
  });
  expect(error?.hints[0]?.command).toBe(
    'kubectl label namespace shop pod-security.kubernetes.io/enforce=privileged --overwrite',
  );
});

test.each([
  [
    'pods "a" is forbidden: exceeded quota: few, requested: pods=1, used: pods=3, limited: pods=3',
    'exceeded quota: few, requested: pods=1, used: pods=3, limited: pods=3',
  ],
  [
    'pods "a" is forbidden: failed quota: few: must specify limits.cpu for: agent',
    'failed quota: few: must specify limits.cpu for: agent',
  ],
  [
    'pods "a" is forbidden: minimum cpu usage per Container is 100m, but request is 10m',
    'minimum cpu usage per Container is 100m, but request is 10m',
  ],
])('quota: %s', (message, evidence) => {
  expect(refused(message)).toMatchObject({ code: 'KDEV3104', evidence });
});

test.each([
  'admission webhook "validate.kyverno.svc" denied the request: no hostPID here',
  "pods \"a\" is forbidden: ValidatingAdmissionPolicy 'no-host' with binding 'b' denied request: no",
  'pods "a" is forbidden: error looking up service account shop/default: serviceaccount "default" not found',
])('any other rule: %s', (message) => {
  expect(refused(message)).toMatchObject({ code: 'KDEV3103' });
});

const rbac =
  'jobs.batch is forbidden: User "system:serviceaccount:shop:ada" cannot create resource "jobs" in API group "batch" in the namespace "shop"';

test('RBAC is no admission', () => {
  expect(refused(rbac)).toBeUndefined();
  expect(refused('the server has a cold')).toBeUndefined();
});

test('what RBAC denied is read from its sentence', () => {
  expect(parseDenied(rbac)).toEqual({
    user: 'system:serviceaccount:shop:ada',
    verb: 'create',
    resource: 'jobs.batch',
    namespace: 'shop',
  });
  const proxy =
    'pods "a" is forbidden: User "u" cannot get resource "pods/proxy" in API group "" in the namespace "n"';
  expect(parseDenied(proxy)).toMatchObject({ verb: 'get', resource: 'pods/proxy' });
  const nodes =
    'nodes is forbidden: User "u" cannot list resource "nodes" in API group "" at the cluster scope';
  expect(parseDenied(nodes)).toMatchObject({ resource: 'nodes', namespace: undefined });
  expect(parseDenied('pods "a" is forbidden: exceeded quota')).toBeUndefined();
});
