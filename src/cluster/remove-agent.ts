import { deadline } from '../runtime/deadline.ts';
import { isRefusal } from './api-failure.ts';
import type { Cluster } from './cluster.ts';
import { AGENT } from './labels.ts';
import { REMOVE_MS } from './limits.ts';
import { jobsPath, namedIn, podsPath, secretsPath } from './paths.ts';
import type { RawPod } from './pod-container.ts';
import { watchObjects } from './watch.ts';
import { withDeadline } from './with-deadline.ts';

export interface AgentObjects {
  /** Name of the Job and of the Secret. */
  readonly name: string;
  readonly namespace: string;
}

/** Deletes an agent's Job and Secret; its pod goes by itself. Has its own deadline: a caller who was cancelled still cleans. */
export async function removeAgent(cluster: Cluster, agent: AgentObjects): Promise<void> {
  const wait = { what: `removing ${agent.name}`, timeoutMs: REMOVE_MS, signal: neverAborted() };
  const { name, namespace } = agent;
  await withDeadline(wait, async (signal) => {
    await Promise.all([
      removeObject(cluster, namedIn(jobsPath(namespace), name), signal),
      removeObject(cluster, namedIn(secretsPath(namespace), name), signal),
    ]);
  });
}

/**
 * As removeAgent, then waits until the pod is gone too. Where the agent has said that it leaves, `emptyPod` is its pod:
 * there is nothing to give time to, and kubelet's own takes seconds.
 */
export async function removeAgentAndPod(
  cluster: Cluster,
  agent: AgentObjects & { readonly emptyPod?: string | undefined },
): Promise<void> {
  const { namespace, emptyPod } = agent;
  await Promise.all([
    removeAgent(cluster, agent),
    emptyPod && removePodAtOnce(cluster, namedIn(podsPath(namespace), emptyPod)),
  ]);
  const gone = new AbortController();
  const wait = { what: `the end of ${agent.name}`, timeoutMs: REMOVE_MS, signal: neverAborted() };
  await withDeadline(wait, async (deadline) => {
    const watched = {
      path: podsPath(namespace),
      query: { labelSelector: `${AGENT}=${agent.name}` },
      onObjects: (pods: readonly RawPod[]) => {
        if (pods.length === 0) gone.abort();
      },
    };
    const signal = AbortSignal.any([deadline, gone.signal]);
    await watchObjects<RawPod>(cluster.api, watched, signal).catch((error: unknown) => {
      if (!gone.signal.aborted) throw error;
    });
  });
}

/** Who may not delete pods waits for the Job's to go. */
async function removePodAtOnce({ api }: Cluster, path: string): Promise<void> {
  const request = { method: 'DELETE', path, body: { gracePeriodSeconds: 0 } } as const;
  await api.ask(request, deadline(REMOVE_MS)).catch((error: unknown) => {
    if (!isRefusal(error, 404) && !isRefusal(error, 403)) throw error;
  });
}

export async function removeObject(
  { api }: Cluster,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    const body = { propagationPolicy: 'Background' };
    await api.ask({ method: 'DELETE', path, body }, signal);
  } catch (error) {
    if (!isRefusal(error, 404)) throw error;
  }
}

function neverAborted(): AbortSignal {
  return new AbortController().signal;
}
