import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { agentJob } from '../../src/cluster/agent-manifest.ts';
import type { AgentPlan } from '../../src/cluster/agent-plan.ts';
import { neededRights } from '../../src/cluster/needed-rights.ts';
import { root } from './pages.ts';

const read = (name: string) => readFileSync(path.join(root, name), 'utf8');
const page = read('docs/security.md');
const cluster = read('docs/cluster.md');

const plan: AgentPlan = {
  session: 'abcdefghijkl',
  service: 'orders',
  namespace: 'shop',
  image: 'kdev/runtime:0',
  target: {
    kind: 'deployment',
    name: 'deployment/orders',
    namespace: 'shop',
    node: 'node-1',
    podUid: 'uid',
    pullSecrets: [],
  } as unknown as AgentPlan['target'],
  config: {} as AgentPlan['config'],
  incoming: { mode: 'steal', ports: [8080] },
  files: true,
  sockets: true,
  owner: 'ada@laptop',
  since: new Date(0),
};

test('the agent is what docs/security.md and docs/cluster.md say', () => {
  const spec = agentJob(plan, { id: '' }).spec?.template.spec;
  const { securityContext, volumeMounts } = spec?.containers[0] ?? {};
  const added = securityContext?.capabilities?.add ?? [];
  expect(added).toHaveLength(6);
  for (const name of added) {
    expect(page).toContain(`\`${name}\``);
    expect(cluster).toContain(`\`${name}\``);
  }
  expect(securityContext).toMatchObject({
    allowPrivilegeEscalation: false,
    seccompProfile: { type: 'RuntimeDefault' },
    capabilities: { drop: ['ALL'] },
  });
  expect(spec).toMatchObject({ hostPID: true, automountServiceAccountToken: false });
  expect([spec?.volumes, volumeMounts]).toEqual([undefined, undefined]);
});

test('holder and sidecar are what docs/security.md says', () => {
  const holder = parse(read('compose-templates/holder.yaml'));
  expect(holder).toMatchObject({
    user: '65534:65534',
    cap_drop: ['ALL'],
    read_only: true,
    security_opt: ['no-new-privileges:true'],
  });
  expect(holder).not.toHaveProperty('cap_add');
  const sidecar = parse(read('compose-templates/sidecar.yaml'));
  expect(sidecar).toMatchObject({
    cap_drop: ['ALL'],
    cap_add: ['NET_ADMIN', 'NET_RAW'],
    'x-fuse': {
      cap_add: ['SYS_ADMIN'],
      devices: ['/dev/fuse:/dev/fuse'],
      security_opt: ['apparmor=unconfined'],
    },
  });
  for (const none of ['privileged', 'volumes', 'pid', 'ipc']) {
    expect(sidecar).not.toHaveProperty(none);
  }
});

test('the roles of docs/cluster.md hold every right that kdev asks for', () => {
  const blocks = [...cluster.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => parse(text));
  const [ofAgents, ofTarget] = blocks.map(({ rules }) => rules as Rule[]);
  const { all, oneOf } = neededRights({ namespace: 'agents', target: { namespace: 'shop' } });
  const [proxy = []] = oneOf;
  for (const right of [...all, ...proxy]) {
    const rules = right.namespace === 'agents' ? ofAgents : ofTarget;
    const resource = [right.resource, right.subresource].filter(Boolean).join('/');
    expect(allows(rules, right.group, resource, right.verb), `${right.verb} ${resource}`).toBe(
      true,
    );
  }
});

interface Rule {
  readonly apiGroups: string[];
  readonly resources: string[];
  readonly verbs: string[];
}

function allows(rules: readonly Rule[] = [], group: string, resource: string, verb: string) {
  return rules.some(
    ({ apiGroups, resources, verbs }) =>
      apiGroups.includes(group) && resources.includes(resource) && verbs.includes(verb),
  );
}
