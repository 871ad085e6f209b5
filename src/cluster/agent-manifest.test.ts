import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { agentJob, agentName, agentSecret, ownedByJob } from './agent-manifest.ts';
import type { AgentPlan } from './agent-plan.ts';
import { key, plan } from './test-plan.ts';

const job = agentJob(plan, key);
const pod = job.spec?.template.spec;

describe('the agent’s Job', () => {
  test('runs once, leaves soon, and lives where the admin lets it', () => {
    expect(job.metadata).toMatchObject({
      name: 'kdev-agent-abcdefghij12-orders-2698e8',
      namespace: 'kdev-agents',
    });
    expect(job.spec).toMatchObject({ backoffLimit: 0, ttlSecondsAfterFinished: 10 });
    expect(pod).toMatchObject({ restartPolicy: 'Never', terminationGracePeriodSeconds: 2 });
  });

  test('asks for what docs/cluster.md says that it does', () => {
    const page = readFileSync(new URL('../../docs/cluster.md', import.meta.url), 'utf8');
    const { requests, limits } = pod?.containers[0]?.resources ?? {};
    expect(page).toContain(`asks for ${requests?.['cpu']} CPU and ${requests?.['memory']} memory,`);
    expect(page).toContain(`never uses more than ${limits?.['memory']};`);
  });

  test('is pulled by the target’s secrets, where it is in the target’s namespace', () => {
    const target = { ...plan.target, pullSecrets: ['registry', 'mirror'] };
    const secretsOf = (one: AgentPlan) => agentJob(one, key).spec?.template.spec?.imagePullSecrets;
    expect(secretsOf({ ...plan, target, namespace: target.namespace })).toEqual([
      { name: 'registry' },
      { name: 'mirror' },
    ]);
    expect(secretsOf({ ...plan, target })).toBeUndefined();
    expect(secretsOf({ ...plan, namespace: target.namespace })).toBeUndefined();
  });

  test('is pinned to the target’s node, whatever its taints', () => {
    expect(pod?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual({
      nodeSelectorTerms: [
        { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-3'] }] },
      ],
    });
    expect(pod?.tolerations).toEqual([{ operator: 'Exists' }]);
  });

  test('asks for hostPID and four capabilities, and for nothing else', () => {
    expect(pod?.hostPID).toBe(true);
    expect(pod).not.toHaveProperty('hostNetwork');
    expect(pod).not.toHaveProperty('volumes');
    expect(pod?.automountServiceAccountToken).toBe(false);
    expect(pod?.containers[0]?.securityContext).toEqual({
      runAsUser: 0,
      runAsGroup: 0,
      allowPrivilegeEscalation: false,
      seccompProfile: { type: 'RuntimeDefault' },
      capabilities: {
        drop: ['ALL'],
        add: ['NET_ADMIN', 'NET_RAW', 'SYS_ADMIN', 'SYS_PTRACE'],
      },
    });
  });

  test('may read files of other users only when files are on', () => {
    const withFiles = agentJob({ ...plan, files: true }, key).spec?.template.spec;
    expect(withFiles?.containers[0]?.securityContext?.capabilities?.add).toContain(
      'DAC_READ_SEARCH',
    );
    const withSockets = agentJob({ ...plan, sockets: true }, key).spec?.template.spec;
    expect(withSockets?.containers[0]?.securityContext?.capabilities?.add).toContain(
      'DAC_OVERRIDE',
    );
  });

  test('never holds the key itself', () => {
    expect(JSON.stringify(job)).not.toContain(key.secret.toString('base64'));
    expect(pod?.containers[0]?.env).toContainEqual({
      name: 'KDEV_KEY',
      valueFrom: { secretKeyRef: { name: 'kdev-agent-abcdefghij12-orders-2698e8', key: 'key' } },
    });
    expect(agentSecret(plan, key)).toMatchObject({
      metadata: { name: 'kdev-agent-abcdefghij12-orders-2698e8', namespace: 'kdev-agents' },
      stringData: { key: key.secret.toString('base64') },
    });
  });

  test('tells people and other sessions what it does', () => {
    expect(job.metadata?.labels).toMatchObject({
      'app.kubernetes.io/managed-by': 'kdev',
      'kdev.dev/session': 'abcdefghij12',
      'kdev.dev/target-uid': plan.target.podUid,
    });
    expect(job.metadata?.annotations).toMatchObject({
      'kdev.dev/what': 'ada@laptop steals :8080 of deployment/orders since 2026-01-31 10:31 UTC',
      'kdev.dev/owner': 'ada@laptop',
      'kdev.dev/ports': '8080',
      'kdev.dev/mode': 'steal',
      'kdev.dev/since': '2026-01-31T10:31:20.000Z',
    });
  });

  test('a filter stands in its words', () => {
    const filter = { header: { 'x-user': 'ada' } };
    const filtered = agentJob({ ...plan, incoming: { ...plan.incoming, filter } }, key);
    expect(filtered.metadata?.annotations).toMatchObject({
      'kdev.dev/filter': 'header x-user=ada',
    });
    expect(filtered.metadata?.annotations?.['kdev.dev/what']).toBe(
      'ada@laptop steals :8080 of deployment/orders with header x-user=ada since 2026-01-31 10:31 UTC',
    );
  });

  test('without ports it says so', () => {
    const off = agentJob({ ...plan, incoming: { mode: 'off', ports: [] } }, key);
    expect(off.metadata?.annotations?.['kdev.dev/what']).toMatch(
      /^ada@laptop uses the network of deployment\/orders since /,
    );
  });

  test('takes its Secret with it', () => {
    expect(ownedByJob(plan, 'uid-1').metadata.ownerReferences).toEqual([
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        name: 'kdev-agent-abcdefghij12-orders-2698e8',
        uid: 'uid-1',
      },
    ]);
  });
});

test.each([
  ['orders', 'kdev-agent-s-orders-2698e8'],
  ['Orders_API.v2', 'kdev-agent-s-orders-api-v2-2698e8'],
  ['a-service-with-a-very-long-name', 'kdev-agent-s-a-service-with-a-ver-2698e8'],
  ['twenty-characters-ab-cd', 'kdev-agent-s-twenty-characters-ab-2698e8'],
  ['nineteen-characters-x', 'kdev-agent-s-nineteen-characters-2698e8'],
  ['__', 'kdev-agent-s-2698e8'],
])('service %s gives %s', (service, name) => {
  expect(agentName({ session: 's', service, since: plan.since })).toBe(name);
});

test('each start has another name', () => {
  const later = new Date(plan.since.getTime() + 1);
  expect(agentName({ ...plan, since: later })).not.toBe(agentName(plan));
});
