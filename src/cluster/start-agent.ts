import type { V1Job, V1Secret } from '@kubernetes/client-node';
import { admissionRefusal } from './admission-refusal.ts';
import { awaitReady } from './agent-log.ts';
import { agentJob, agentName, agentSecret, ownedByJob } from './agent-manifest.ts';
import type { AgentKey, AgentPlan } from './agent-plan.ts';
import type { AgentPod } from './agent-state.ts';
import { ApiRefusal } from './api-failure.ts';
import { awaitAgentPod } from './await-agent.ts';
import type { Cluster } from './cluster.ts';
import { jobsPath, namedIn, secretsPath } from './paths.ts';
import { removeAgent } from './remove-agent.ts';

export interface StartOptions {
  readonly signal: AbortSignal;
  /** What is being waited for, in words: `pulling kdev/runtime:0.1.0 on node-3`. */
  readonly onProgress: (text: string) => void;
}

/** A started agent, ready for its link. */
export interface RunningAgent {
  /** Name of its Job and of its Secret. */
  readonly name: string;
  readonly pod: AgentPod;
}

/** Creates the agent and follows it until it says that it is ready. Where it fails, nothing of it is left. */
export async function startAgent(
  cluster: Cluster,
  { plan, key }: { readonly plan: AgentPlan; readonly key: AgentKey },
  { signal, onProgress }: StartOptions,
): Promise<RunningAgent> {
  const name = agentName(plan);
  try {
    const jobUid = await createAgent(cluster, plan, key, signal);
    onProgress(`waiting for ${plan.target.node} to take the agent`);
    const pod = await awaitAgentPod(cluster, { plan, jobUid, onProgress }, signal);
    onProgress(`waiting for the agent on ${pod.node} to be ready`);
    await awaitReady(cluster, { plan, agent: pod }, signal);
    return { name, pod };
  } catch (error) {
    await removeAgent(cluster, { name, namespace: plan.namespace }).catch((leftover: unknown) => {
      // The first failure is the one to tell. What stayed carries the session's label: `kdev clean` finds it.
      onProgress(`the agent's Job may be left: ${String(leftover)}`);
    });
    throw error;
  }
}

/** The Secret first, since the pod waits for it; then the Job, with which it then goes. */
async function createAgent(
  cluster: Cluster,
  plan: AgentPlan,
  key: AgentKey,
  signal: AbortSignal,
): Promise<string> {
  const { namespace } = plan;
  const secret = agentSecret(plan, key);
  await create(cluster, { path: secretsPath(namespace), body: secret, plan }, signal);
  const job = agentJob(plan, key);
  const uid = await create(cluster, { path: jobsPath(namespace), body: job, plan }, signal);
  const path = namedIn(secretsPath(namespace), agentName(plan));
  await cluster.api.ask({ method: 'PATCH', path, body: ownedByJob(plan, uid) }, signal);
  return uid;
}

interface Creation {
  readonly path: string;
  readonly body: V1Job | V1Secret;
  readonly plan: AgentPlan;
}

/** What was sent is awaited, wanted or not: given up, it would still make the object, and after that was removed. */
async function create(
  cluster: Cluster,
  { path, body, plan }: Creation,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  try {
    const request = { method: 'POST', path, body } as const;
    const sent = new AbortController().signal;
    const answer = await cluster.api.ask<{ metadata?: { uid?: string } }>(request, sent);
    return answer.body.metadata?.uid ?? '';
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    const what = `the agent's ${body.kind}`;
    const refused = { message: error.evidence ?? '', namespace: plan.namespace, what };
    throw admissionRefusal(refused, error) ?? error;
  }
}
