import { type AgentPod, lastLine } from './agent-state.ts';
import type { Cluster } from './cluster.ts';
import { podsPath } from './paths.ts';
import type { RawPod } from './pod-container.ts';
import { isTerminating } from './pod-state.ts';
import { watchObjects } from './watch.ts';

/**
 * Resolves when the agent's pod has ended, is being deleted, or is gone, with the words for it. Rejects with the
 * signal's reason, or where the API server takes back the right to look.
 */
export async function awaitAgentEnd(
  cluster: Cluster,
  agent: AgentPod,
  signal: AbortSignal,
): Promise<string> {
  const over = new AbortController();
  let words = '';
  const watched = {
    path: podsPath(agent.namespace),
    query: { fieldSelector: `metadata.name=${agent.name}` },
    onObjects: (pods: readonly RawPod[]) => {
      words = endOf(pods.find(({ metadata }) => metadata?.uid === agent.uid));
      if (words) over.abort();
    },
  };
  try {
    return await watchObjects<RawPod>(cluster.api, watched, AbortSignal.any([signal, over.signal]));
  } catch (error) {
    if (over.signal.aborted) return words;
    throw error;
  }
}

/** Empty while it goes on. */
function endOf(pod: RawPod | undefined): string {
  if (!pod) return 'its pod is gone';
  if (isTerminating(pod)) return 'its pod is being deleted';
  const { phase, containerStatuses } = pod.status ?? {};
  if (phase !== 'Failed' && phase !== 'Succeeded') return '';
  const ended = containerStatuses?.[0]?.state?.terminated;
  if (!ended) return `its pod is ${phase}`;
  const said = lastLine(ended.message ?? '');
  return `it ended with exit code ${ended.exitCode}${said ? `: ${said}` : ''}`;
}
