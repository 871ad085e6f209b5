import { describe, expect, test } from 'vitest';
import type { AgentPlan } from './agent-plan.ts';
import { agentEvent, agentState } from './agent-state.ts';
import type { RawEvent } from './events.ts';
import type { RawPod } from './pod-container.ts';

const plan = {
  namespace: 'shop',
  image: 'kdev/runtime:0.1.0',
  target: { name: 'deployment/orders', node: 'node-3', image: 'registry.example.com/orders:1' },
} as AgentPlan;

function pod(state: object | undefined, more: { spec?: object; status?: object } = {}): RawPod {
  const containerStatuses = state
    ? [{ name: 'agent', image: '', imageID: '', ready: true, restartCount: 0, state }]
    : [];
  return {
    metadata: { name: 'kdev-agent-x', uid: 'uid' },
    spec: { nodeName: 'node-3', containers: [], ...more.spec },
    status: { phase: 'Pending', podIP: '10.1.2.3', containerStatuses, ...more.status },
  };
}

const kindOf = (one: RawPod) => agentState(plan, one).kind;

test('on its way', () => {
  expect(kindOf(pod(undefined))).toBe('starting');
  expect(kindOf(pod({ waiting: { reason: 'ContainerCreating' } }))).toBe('starting');
  expect(kindOf(pod({ running: {} }, { status: { podIP: undefined } }))).toBe('starting');
  expect(agentState(plan, pod({ running: {} }))).toEqual({
    kind: 'running',
    agent: {
      name: 'kdev-agent-x',
      uid: 'uid',
      namespace: 'shop',
      address: '10.1.2.3',
      node: 'node-3',
    },
  });
});

test('the kubelet has not heard of the Secret yet, and will', () => {
  const message = 'failed to sync secret cache: timed out waiting for the condition';
  const waiting = { reason: 'CreateContainerConfigError', message };
  expect(kindOf(pod({ waiting }))).toBe('starting');
});

test('without a node', () => {
  const none = { spec: { nodeName: undefined } };
  expect(agentState(plan, pod(undefined, none))).toEqual({ kind: 'unplaced' });
  const conditions = [
    { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes: cpu' },
  ];
  expect(agentState(plan, pod(undefined, { ...none, status: { conditions } }))).toEqual({
    kind: 'unplaced',
    why: '0/3 nodes: cpu',
  });
});

describe('what waiting does not cure', () => {
  test.each<[string, RawPod, string, string | RegExp]>([
    [
      'an image',
      pod({ waiting: { reason: 'ErrImagePull', message: 'not found' } }),
      'KDEV7001',
      'ErrImagePull: not found',
    ],
    ['a name', pod({ waiting: { reason: 'InvalidImageName' } }), 'KDEV7001', 'InvalidImageName:'],
    [
      'a program',
      pod({ waiting: { reason: 'RunContainerError', message: 'exec: node: not found' } }),
      'KDEV7004',
      /exec: node: not found/,
    ],
    [
      'a node without room',
      pod(undefined, { status: { phase: 'Failed', reason: 'OutOfcpu', message: 'no' } }),
      'KDEV7002',
      'OutOfcpu: no',
    ],
    [
      'an end',
      pod({ terminated: { exitCode: 3, reason: 'Error', message: 'first\n{"fatal":"why"}\n' } }),
      'KDEV7004',
      '{"fatal":"why"}',
    ],
  ])('%s', (_, one, code, evidence) => {
    const state = agentState(plan, one);
    const matching = typeof evidence === 'string' ? evidence : expect.stringMatching(evidence);
    expect(state).toMatchObject({ kind: 'failed', error: { code, evidence: matching } });
  });

  test.each<[string, string, readonly string[]]>([
    ['node-3', plan.image, ['kdev image push registry.example.com/kdev:0.1.0']],
    [
      'dev-control-plane',
      plan.image,
      ['kdev image load --cluster dev', 'kdev image push REGISTRY/kdev:0.1.0'],
    ],
    // Named by the user: nothing is there under this name yet.
    ['node-3', 'ghcr.io/shop/kdev:1', ['kdev image push ghcr.io/shop/kdev:1']],
  ])('node %s without image %s: how it comes there', (node, image, commands) => {
    const there = { ...plan, image, target: { ...plan.target, node } };
    const state = agentState(there, pod({ waiting: { reason: 'ErrImagePull' } }));
    const hints = state.kind === 'failed' ? state.error.hints : [];
    expect(hints.flatMap(({ command }) => command ?? [])).toEqual(commands);
  });

  test('an end without words, by a signal', () => {
    const state = agentState(
      plan,
      pod({ terminated: { exitCode: 137, signal: 9, reason: 'OOMKilled' } }),
    );
    expect(state).toMatchObject({
      error: { fact: 'the agent ended with signal 9 (OOMKilled)', evidence: undefined },
    });
  });

  test('a deletion', () => {
    const gone = pod({ running: {} });
    const state = agentState(plan, {
      ...gone,
      metadata: { ...gone.metadata, deletionTimestamp: 'x' },
    });
    expect(state).toMatchObject({ kind: 'failed', error: { code: 'KDEV7004' } });
  });
});

describe('events', () => {
  const event = (reason: string, message = '') => agentEvent(plan, { reason, message } as RawEvent);

  test('steps are told', () => {
    expect(event('Pulling')).toEqual({ progress: 'pulling kdev/runtime:0.1.0 on node-3' });
    expect(event('Pulled')).toEqual({ progress: 'starting the agent on node-3' });
    expect(event('Scheduled')).toEqual({});
  });

  test('a pod that the controller may not make is sorted by who can help', () => {
    const refused =
      'Error creating: pods "x" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)';
    expect(event('FailedCreate', refused).error).toMatchObject({ code: 'KDEV3102' });
    const full = 'Error creating: pods "x" is forbidden: exceeded quota: few, requested: pods=1';
    expect(event('FailedCreate', full).error).toMatchObject({
      code: 'KDEV3104',
      evidence: 'exceeded quota: few, requested: pods=1',
    });
    expect(event('FailedCreate', 'Internal error').error).toMatchObject({
      code: 'KDEV7003',
      evidence: 'FailedCreate: Internal error',
    });
  });
});
