import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { admitAgent } from '../../src/cluster/admit-agent.ts';
import { agentName } from '../../src/cluster/agent-manifest.ts';
import type { AgentPlan } from '../../src/cluster/agent-plan.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { listLeftovers, removeLeftovers } from '../../src/cluster/leftovers.ts';
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

let stage: Stage;
let cluster: Cluster;
let target: Target;
const said: string[] = [];
const started: AgentPlan[] = [];

beforeAll(async () => {
  await loadEchoAgent();
  stage = await Stage.open();
  cluster = stage.cluster();
  target = await stage.target(await stage.namespace());
}, 180_000);

afterEach(async () => {
  said.length = 0;
  for (const plan of started.splice(0)) await remove(plan);
});

afterAll(() => stage.close());

function start(plan: AgentPlan): Promise<RunningAgent> {
  started.push(plan);
  const onProgress = (text: string): void => void said.push(text);
  return startAgent(cluster, { plan, key: newKey() }, { signal: within(60), onProgress });
}

const remove = ({ namespace, ...plan }: AgentPlan) =>
  removeAgentAndPod(cluster, { name: agentName(plan), namespace });

describe('an agent', () => {
  test('starts, tells what it does, and is gone without a trace', async () => {
    const plan = echoPlan(target);
    expect(await admitAgent(cluster, plan, within(5))).toMatchObject({ mayProxy: true });
    const { name, pod } = await start(plan);
    expect(pod).toMatchObject({ namespace: plan.namespace, node: target.node });
    expect(said[0]).toBe(`waiting for ${target.node} to take the agent`);
    expect(await kubectl('logs', pod.name, '-n', plan.namespace)).toContain('key of 32 bytes');
    const secret = JSON.parse(
      await kubectl('get', 'secret', name, '-n', plan.namespace, '-o', 'json'),
    );
    expect(secret.metadata.ownerReferences).toMatchObject([{ kind: 'Job', name }]);
    expect(await kubectl('describe', 'job', name, '-n', plan.namespace)).toContain(
      'ada@laptop steals :8080 of deployment/orders since',
    );
    await remove(plan);
    await expectNothingLeft(plan);
  });

  test('may live in another namespace than its target', async () => {
    const plan = echoPlan(target, { namespace: await stage.namespace() });
    await admitAgent(cluster, plan, within(5));
    const { pod } = await start(plan);
    expect(pod.namespace).toBe(plan.namespace);
    await remove(plan);
  });

  test('starts beside its predecessor of the same session, under another name', async () => {
    const plan = echoPlan(target);
    const later = { ...plan, since: new Date(plan.since.getTime() + 1) };
    const [first, second] = await Promise.all([start(plan), start(later)]);
    expect(second.name).not.toBe(first.name);
    expect(second.pod.uid).not.toBe(first.pod.uid);
    await Promise.all([remove(plan), remove(later)]);
    await expectNothingLeft(plan);
  });

  test('takes its Secret with it, when only the Job is deleted', async () => {
    const plan = echoPlan(target);
    const { name } = await start(plan);
    await kubectl('delete', 'job', name, '-n', plan.namespace);
    await expectNothingLeft(plan);
  });

  test('that is called off while it starts leaves nothing', async () => {
    const plan = echoPlan(target);
    const caller = new AbortController();
    const onProgress = (): void => caller.abort(new Error('enough'));
    const starting = startAgent(
      cluster,
      { plan, key: newKey() },
      { signal: caller.signal, onProgress },
    );
    await expect(starting).rejects.toThrow('enough');
    await expectNothingLeft(plan);
  });
});

describe('scenario 41: an agent that does not start says why, and leaves nothing', () => {
  async function failsWithin(seconds: number, plan: AgentPlan, error: object): Promise<void> {
    const startedAt = performance.now();
    await expect(start(plan)).rejects.toMatchObject(error);
    expect(performance.now() - startedAt).toBeLessThan(seconds * 1_000);
    await expectNothingLeft(plan);
  }

  test('an image that is not to be had', async () => {
    const image = '127.0.0.1:1/kdev/not-there:1';
    await failsWithin(8, echoPlan(target, { image }), {
      code: 'KDEV7001',
      fact: `node ${target.node} cannot get the image ${image}`,
      evidence: expect.stringMatching(/ErrImagePull|ImagePullBackOff/),
    });
    expect(said).toContain(`pulling ${image} on ${target.node}`);
  });

  test('an image name that is none', async () => {
    await failsWithin(5, echoPlan(target, { image: 'UPPER CASE' }), { code: 'KDEV7001' });
  });

  test('an agent that ends at once', async () => {
    const plan = echoPlan(target);
    await failsWithin(
      8,
      { ...plan, config: { ...plan.config, session: 'crashes' } },
      {
        code: 'KDEV7004',
        fact: 'the agent ended with status 7 (Error)',
        evidence: expect.stringContaining('no process of the target is found'),
      },
    );
  });

  test('a node without room', async () => {
    const lost = { ...target, node: 'no-such-node' };
    await failsWithin(5, echoPlan(lost), {
      code: 'KDEV7002',
      evidence: expect.stringMatching(/node/),
    });
  });

  test('an agent that never says that it is ready', async () => {
    const plan = echoPlan(target);
    await failsWithin(
      30,
      { ...plan, config: { ...plan.config, session: 'mute' } },
      {
        code: 'KDEV7003',
        evidence: expect.stringContaining('key of 32 bytes'),
      },
    );
  });
});

describe('scenario 41: another session on the same port', () => {
  test('is refused with its owner, its ports and its age; a mirror is not', async () => {
    const first = echoPlan(target, { owner: 'bob@desk', since: new Date(Date.now() - 720_000) });
    await start(first);
    await expect(
      checkTakenPorts(cluster, echoPlan(target), { signal: within(5) }),
    ).rejects.toMatchObject({
      code: 'KDEV5005',
      fact: 'bob@desk already steals :8080 of deployment/orders, for 12 min now',
    });
    const mirror = echoPlan(target, { incoming: { mode: 'mirror', ports: [8080] } });
    await checkTakenPorts(cluster, mirror, { signal: within(5) });
    await checkTakenPorts(cluster, first, { signal: within(5) });
    await remove(first);
    await checkTakenPorts(cluster, echoPlan(target), { signal: within(5) });
  });

  test('is also seen by one who may only look into the namespace', async () => {
    const first = echoPlan(target, { owner: 'bob@desk' });
    await start(first);
    const look = { apiGroups: ['batch'], verbs: ['list'], resources: ['jobs'] };
    const user = stage.cluster(await stage.userOf(target.namespace, [look]));
    await expect(
      checkTakenPorts(user, echoPlan(target), { signal: within(5) }),
    ).rejects.toMatchObject({
      code: 'KDEV5005',
    });
    await remove(first);
  });
});

test('leftovers are found by label, narrowed down, and removed', async () => {
  const mine = echoPlan(target, { owner: 'ada@laptop' });
  const theirs = echoPlan(target, { owner: 'bob@desk' });
  await start(mine);
  await start(theirs);
  const { namespace } = target;
  const list = async (choice: object) =>
    (await listLeftovers(cluster, { namespaces: [namespace], ...choice }, within(5)))
      .filter((one) => one.namespace === namespace)
      .map(({ kind, session }) => `${kind} ${session}`);
  const both = [`Job ${mine.session}`, `Secret ${mine.session}`];
  expect(await list({ owner: 'ada@laptop' })).toEqual(both);
  expect(await list({ session: mine.session })).toEqual(both);
  expect(await list({ owner: 'ada@laptop', except: new Set([mine.session]) })).toEqual([]);
  const found = await listLeftovers(cluster, { namespaces: [], session: mine.session }, within(5));
  await removeLeftovers(cluster, found);
  await expectNothingLeft(mine);
  expect(await list({ session: theirs.session })).toHaveLength(2);
  await remove(theirs);
});

test('kdev’s own agent is taken and started', async () => {
  const plan = echoPlan(target, { image: inject('ground').image });
  const { pod } = await start(plan);
  expect(pod.node).toBe(target.node);
  await remove(plan);
});
