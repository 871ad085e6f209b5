import { agentName } from './agent-manifest.ts';
import type { AgentPlan } from './agent-plan.ts';
import {
  type AgentPod,
  agentEvent,
  agentState,
  failed,
  notPlaced,
  notReadyInTime,
  unschedulable,
} from './agent-state.ts';
import { isRefusal } from './api-failure.ts';
import type { Cluster } from './cluster.ts';
import { aboutObject, type RawEvent } from './events.ts';
import { AGENT } from './labels.ts';
import { AGENT_PLACED_MS, AGENT_STARTED_MS, UNSCHEDULABLE_MS } from './limits.ts';
import { eventsPath, podsPath } from './paths.ts';
import type { RawPod } from './pod-container.ts';
import { watchObjects } from './watch.ts';

export interface Awaited {
  readonly plan: AgentPlan;
  readonly jobUid: string;
  readonly onProgress: (text: string) => void;
}

/**
 * Follows the agent's pod until its container runs. It ends: with the pod; with a failure that waiting does not cure;
 * with the signal's reason; or at a deadline (placed in 5 s, started in 3 min) that says what was awaited.
 */
export async function awaitAgentPod(
  cluster: Cluster,
  awaited: Awaited,
  signal: AbortSignal,
): Promise<AgentPod> {
  signal.throwIfAborted();
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  try {
    return await new Promise<AgentPod>((resolve, reject) => {
      const progress = new Progress(awaited, { resolve, reject });
      ended.addEventListener('abort', () => progress.close(), { once: true });
      watchPod(cluster, { jobUid: awaited.jobUid, progress }, ended);
      watchEvents(cluster, { uid: awaited.jobUid, progress }, ended);
      signal.addEventListener('abort', () => reject(signal.reason), { signal: stop.signal });
    });
  } finally {
    stop.abort();
  }
}

interface Outcome {
  readonly resolve: (pod: AgentPod) => void;
  readonly reject: (error: unknown) => void;
}

/** What is known so far, and the deadline of what is awaited next. */
class Progress {
  readonly plan: AgentPlan;
  readonly outcome: Outcome;
  podUid: string | undefined;
  readonly #onProgress: (text: string) => void;
  #said = '';
  #placed = false;
  #timer: NodeJS.Timeout;
  #unschedulable: NodeJS.Timeout | undefined;
  #noRoom = '';

  constructor({ plan, onProgress }: Awaited, outcome: Outcome) {
    this.plan = plan;
    this.outcome = outcome;
    this.#onProgress = onProgress;
    this.#timer = setTimeout(() => {
      const what = this.podUid
        ? 'the scheduler did not place it'
        : 'the Job controller made no pod';
      outcome.reject(notPlaced(plan, `${what} within ${AGENT_PLACED_MS / 1000} s`));
    }, AGENT_PLACED_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#unschedulable);
  }

  say(text: string): void {
    if (text !== this.#said) this.#onProgress(text);
    this.#said = text;
  }

  see(pod: RawPod): void {
    const { outcome, plan } = this;
    const state = agentState(plan, pod);
    if (state.kind === 'failed') outcome.reject(state.error);
    else if (state.kind === 'running') outcome.resolve(state.agent);
    else if (state.kind === 'starting') this.#nowPlaced();
    else if (state.why !== undefined) this.#waitForRoom(state.why);
  }

  /** Preemption and room that is about to be freed take a moment; more waiting seldom helps. */
  #waitForRoom(why: string): void {
    this.#noRoom = why;
    const { plan, outcome } = this;
    this.#unschedulable ??= setTimeout(() => {
      outcome.reject(unschedulable(plan, this.#noRoom));
    }, UNSCHEDULABLE_MS);
    this.say(`waiting for room on ${plan.target.node}`);
  }

  #nowPlaced(): void {
    if (this.#placed) return;
    this.#placed = true;
    this.close();
    const { plan, outcome } = this;
    this.#timer = setTimeout(() => {
      const last = this.#said || 'its container to start';
      outcome.reject(notReadyInTime(plan, `after ${AGENT_STARTED_MS / 1000} s: ${last}`));
    }, AGENT_STARTED_MS);
  }
}

/** The Job's own pod: one of a former Job of the same name may still be leaving. */
function watchPod(
  cluster: Cluster,
  { jobUid, progress }: { readonly jobUid: string; readonly progress: Progress },
  signal: AbortSignal,
): void {
  const { plan, outcome } = progress;
  const isOwn = ({ metadata }: RawPod): boolean =>
    metadata?.ownerReferences?.some(({ uid }) => uid === jobUid) ?? false;
  const watched = {
    path: podsPath(plan.namespace),
    query: { labelSelector: `${AGENT}=${agentName(plan)}` },
    onObjects: (pods: readonly RawPod[]) => {
      const pod = pods.find(isOwn);
      const uid = pod?.metadata?.uid;
      if (uid && !progress.podUid) {
        progress.podUid = uid;
        watchEvents(cluster, { uid, progress }, signal);
      }
      if (pod) progress.see(pod);
    },
    onDeleted: (pod: RawPod) => {
      if (isOwn(pod))
        outcome.reject(failed(plan, "the agent's pod was deleted while it started", []));
    },
  };
  watchObjects<RawPod>(cluster.api, watched, signal).catch((error: unknown) => {
    if (!signal.aborted) outcome.reject(error);
  });
}

/** Events tell of pulls and of pods that could not even be made. Without the right to see them, statuses have to do. */
function watchEvents(
  cluster: Cluster,
  { uid, progress }: { readonly uid: string; readonly progress: Progress },
  signal: AbortSignal,
): void {
  const { plan, outcome } = progress;
  const told = new Set<string | undefined>();
  const watched = {
    path: eventsPath(plan.namespace),
    query: aboutObject(uid),
    onObjects: (events: readonly RawEvent[]) => {
      for (const event of events.filter(({ metadata }) => !told.has(metadata.uid))) {
        told.add(event.metadata.uid);
        const { error, progress: step } = agentEvent(plan, event);
        if (error) outcome.reject(error);
        if (step) progress.say(step);
      }
    },
  };
  watchObjects<RawEvent>(cluster.api, watched, signal).catch((error: unknown) => {
    if (!signal.aborted && !isRefusal(error, 403)) outcome.reject(error);
  });
}
