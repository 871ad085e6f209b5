import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admitAgent } from '../../src/cluster/admit-agent.ts';
import { whyAgentEnded } from '../../src/cluster/agent-log.ts';
import { agentName } from '../../src/cluster/agent-manifest.ts';
import type { AgentPlan } from '../../src/cluster/agent-plan.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { checkTakenPorts } from '../../src/cluster/other-sessions.ts';
import { removeAgentAndPod } from '../../src/cluster/remove-agent.ts';
import { type RunningAgent, startAgent } from '../../src/cluster/start-agent.ts';
import type { Target } from '../../src/cluster/target.ts';
import {
  echoPlan,
  expectNothingLeft,
  kubectl,
  loadEchoAgent,
  newKey,
  Stage,
  within,
} from './cluster-stage.ts';
import { eventually } from './eventually.ts';

let stage: Stage;
let cluster: Cluster;
let target: Target;

beforeAll(async () => {
  await loadEchoAgent();
  stage = await Stage.open();
  cluster = stage.cluster();
  target = await stage.target(await stage.namespace());
}, 180_000);

afterAll(() => stage.close());

function start(plan: AgentPlan, by = cluster): Promise<RunningAgent> {
  const onProgress = (): void => {};
  return startAgent(by, { plan, key: newKey() }, { signal: within(60), onProgress });
}

const remove = ({ namespace, ...plan }: AgentPlan) =>
  removeAgentAndPod(cluster, { name: agentName(plan), namespace });

describe('scenario 41: what the cluster does not admit is known before anything is made', () => {
  const refused = async (plan: AgentPlan, error: object, by = cluster): Promise<void> => {
    const startedAt = performance.now();
    await expect(admitAgent(by, plan, within(6))).rejects.toMatchObject(error);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await expectNothingLeft(plan);
  };

  test.each(['baseline', 'restricted'])('Pod Security %s', async (level) => {
    const labels = { 'pod-security.kubernetes.io/enforce': level };
    const namespace = await stage.namespace(labels);
    await refused(echoPlan(target, { namespace }), {
      code: 'KDEV3102',
      fact: `the cluster refuses the agent's pod in namespace ${namespace}`,
      evidence: expect.stringMatching(
        new RegExp(`^Pod Security "${level}" forbids: (?=.*NET_ADMIN)(?=.*hostPID=true)`),
      ),
    });
  });

  test('Pod Security, when only the Job’s controller is refused', async () => {
    const namespace = await stage.namespace({ 'pod-security.kubernetes.io/enforce': 'baseline' });
    const plan = echoPlan(target, { namespace });
    const startedAt = performance.now();
    await expect(start(plan)).rejects.toMatchObject({
      code: 'KDEV3102',
      evidence: expect.stringContaining('host namespaces (hostPID=true)'),
    });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await expectNothingLeft(plan);
  });

  test('a level that only warns is passed on', async () => {
    const namespace = await stage.namespace({ 'pod-security.kubernetes.io/warn': 'baseline' });
    const { warnings } = await admitAgent(cluster, echoPlan(target, { namespace }), within(5));
    expect(warnings).toContainEqual(expect.stringContaining('would violate PodSecurity'));
  });

  test('a quota', async () => {
    const namespace = await stage.namespace();
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'few', namespace },
      spec: { hard: { pods: '0' } },
    };
    await stage.apply(quota);
    await eventually('the quota is in force', { deadlineMs: 10_000 }, async () => {
      expect(
        await kubectl('get', 'quota', 'few', '-n', namespace, '-o', 'jsonpath={.status.hard.pods}'),
      ).toBe('0');
    });
    await refused(echoPlan(target, { namespace }), {
      code: 'KDEV3104',
      evidence: expect.stringMatching(/^exceeded quota: few, requested: pods=1/),
    });
  });

  test('a namespace for agents that is not there', async () => {
    const namespace = `${target.namespace}x`;
    await refused(echoPlan(target, { namespace }), {
      code: 'KDEV5001',
      evidence: expect.stringContaining(target.namespace),
    });
  });
});

const watchPods = { apiGroups: [''], verbs: ['get', 'list', 'watch'], resources: ['pods'] };
const jobs = { apiGroups: ['batch'], verbs: ['create', 'delete', 'list'], resources: ['jobs'] };
const secrets = { apiGroups: [''], verbs: ['create', 'patch', 'delete'], resources: ['secrets'] };
const proxy = { apiGroups: [''], verbs: ['get'], resources: ['pods/proxy'] };

describe('scenario 41: rights', () => {
  const userWith = async (...rules: object[]) =>
    stage.cluster(await stage.userOf(target.namespace, rules));

  test('the least that is enough: no logs, no events, no pods to be created', async () => {
    const user = await userWith(watchPods, jobs, secrets, proxy);
    const plan = echoPlan(target);
    expect(await admitAgent(user, plan, within(5))).toMatchObject({ mayProxy: true });
    await checkTakenPorts(user, plan, { signal: within(5) });
    const { pod } = await start(plan, user);
    expect(pod.node).toBe(target.node);
    await remove(plan);
  });

  test('without logs and events a crash is told all the same, to whoever asks for it', async () => {
    const user = await userWith(watchPods, jobs, secrets, proxy);
    const plan = echoPlan(target);
    const crashing = { ...plan, config: { ...plan.config, session: 'crashes' } };
    const { pod: agent } = await start(crashing, user);
    await eventually('the end of the agent', { deadlineMs: 10_000 }, async () => {
      expect(await whyAgentEnded(user, { plan, agent }, within(5))).toMatchObject({
        code: 'KDEV7004',
        evidence: expect.stringContaining('no process of the target is found'),
      });
    });
    await remove(plan);
    await expectNothingLeft(plan);
  });

  test.each([
    ['Jobs', [watchPods, secrets, proxy], 'create jobs.batch'],
    ['Secrets', [watchPods, jobs, proxy], 'create secrets'],
    ['a way to the agent', [watchPods, jobs, secrets], 'get pods/proxy'],
  ])('without %s: verb and resource are named', async (_, rules, right) => {
    const plan = echoPlan(target);
    await expect(admitAgent(await userWith(...rules), plan, within(5))).rejects.toMatchObject({
      code: 'KDEV3101',
      fact: expect.stringMatching(
        `^user system:serviceaccount:.* may not ${right} in namespace ${target.namespace}`,
      ),
      evidence: expect.stringContaining(right),
    });
    await expectNothingLeft(plan);
  });
});
