import { setTimeout as sleep } from 'node:timers/promises';
import type { KdevError } from '../errors/kdev-error.ts';
import type { AgentPlan } from './agent-plan.ts';
import { type AgentPod, agentState, failed, notReadyInTime } from './agent-state.ts';
import { ApiRefusal, bounded, isRefusal } from './api-failure.ts';
import type { Cluster } from './cluster.ts';
import { AGENT_READY_MS } from './limits.ts';
import { readLines } from './lines.ts';
import { podPath, podsPath } from './paths.ts';
import type { RawPod } from './pod-container.ts';
import { DeadlinePassed, withDeadline } from './with-deadline.ts';

const RETRY_MS = 100;

/**
 * Reads the agent's log until it says `ready`. It ends as well: at once, where logs cannot be read (the link
 * then tells, and `whyAgentEnded`); with the agent's last words, where it ended; at the deadline, with the last line
 * that it wrote.
 */
export async function awaitReady(
  cluster: Cluster,
  { plan, agent }: { readonly plan: AgentPlan; readonly agent: AgentPod },
  signal: AbortSignal,
): Promise<void> {
  const seen = { last: '' };
  const wait = { what: 'the agent', timeoutMs: AGENT_READY_MS, signal };
  try {
    await withDeadline(wait, async (deadline) => {
      while (!(await readUntilReady(cluster, { agent, seen }, deadline))) {
        const failure = await whyAgentEnded(cluster, { plan, agent }, deadline);
        if (failure) throw failure;
        await sleep(RETRY_MS, undefined, { signal: deadline });
      }
    });
  } catch (error) {
    if (!(error instanceof DeadlinePassed)) throw error;
    throw notReadyInTime(plan, seen.last || error.message);
  }
}

async function readUntilReady(
  { api }: Cluster,
  { agent, seen }: { readonly agent: AgentPod; readonly seen: { last: string } },
  signal: AbortSignal,
): Promise<boolean> {
  const path = `${podPath(agent.namespace, agent.name)}/log`;
  const query = { container: 'agent', follow: true };
  try {
    const request = {
      method: 'GET',
      path,
      query,
      accept: '*/*',
      timeoutMs: AGENT_READY_MS,
    } as const;
    const log = await api.open(request, signal);
    for await (const line of readLines(log)) {
      seen.last = bounded(line);
      if (saysReady(line)) return true;
    }
    return false;
  } catch (error) {
    signal.throwIfAborted();
    // 400: the kubelet knows the container a moment later than the API server; 404: the pod is gone.
    if (isRefusal(error, 400) || isRefusal(error, 404)) return false;
    // No right to read logs, or an API server that does not reach the kubelet: the link tells whether the agent is there.
    if (error instanceof ApiRefusal && error.status !== 401) return true;
    throw error;
  }
}

/** A log line is a JSON object; one of its fields is the word. */
function saysReady(line: string): boolean {
  if (!line.startsWith('{') || !line.includes('"ready"')) return false;
  try {
    return Object.values(JSON.parse(line)).includes('ready');
  } catch {
    return false;
  }
}

/** Whether the agent has ended, and how: for whoever has lost the link to it. */
export async function whyAgentEnded(
  { api }: Cluster,
  { plan, agent }: { readonly plan: AgentPlan; readonly agent: AgentPod },
  signal: AbortSignal,
): Promise<KdevError | undefined> {
  const pod = await readPod(api, agent, signal);
  if (!pod) return failed(plan, "the agent's pod was deleted", []);
  const state = agentState(plan, pod);
  return state.kind === 'failed' ? state.error : undefined;
}

/** By list: who starts agents may list pods, and need not be allowed to get one. */
async function readPod(
  api: Cluster['api'],
  { namespace, name, uid }: AgentPod,
  signal: AbortSignal,
): Promise<RawPod | undefined> {
  const query = { fieldSelector: `metadata.name=${name}` };
  const list = await api.get<{ items?: RawPod[] }>(podsPath(namespace), query, signal);
  return list.items?.find(({ metadata }) => metadata?.uid === uid);
}
