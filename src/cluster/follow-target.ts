import type { Cluster } from './cluster.ts';
import { podsPath } from './paths.ts';
import type { RawPod } from './pod-container.ts';
import { containerIdOf, containerStatus, isReady, isTerminating } from './pod-state.ts';
import type { Target } from './target.ts';
import { watchObjects } from './watch.ts';

/** What happened to the target's pod. */
export type TargetChange =
  /** The pod is being deleted, or has ended: another one takes its place, or none. */
  | { readonly kind: 'leaving'; readonly why: string }
  /** The pod is gone. */
  | { readonly kind: 'gone' }
  /** Its container was started anew, in the same pod. */
  | { readonly kind: 'restarted'; readonly containerId: string }
  | { readonly kind: 'ready' }
  | { readonly kind: 'not-ready' }
  /** The API server is out of reach; following goes on. */
  | { readonly kind: 'unknown'; readonly why: string };

/**
 * Tells each change of the target's pod once. It ends with the signal's reason, or where the API server takes back the
 * right to look. After `gone` nothing more comes.
 */
export async function followTarget(
  cluster: Cluster,
  target: Target,
  {
    signal,
    onChange,
  }: { readonly signal: AbortSignal; readonly onChange: (change: TargetChange) => void },
): Promise<void> {
  const gone = new AbortController();
  const told = new Told(target, (change) => {
    onChange(change);
    if (change.kind === 'gone') gone.abort();
  });
  const watched = {
    path: podsPath(target.namespace),
    query: { fieldSelector: `metadata.name=${target.pod}` },
    onObjects: (pods: readonly RawPod[]) => told.see(pods),
    onTrouble: (error: unknown) => {
      told.tell({ kind: 'unknown', why: error instanceof Error ? error.message : String(error) });
    },
  };
  try {
    await watchObjects<RawPod>(cluster.api, watched, AbortSignal.any([signal, gone.signal]));
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}

/** What was told last, so that each change is told once. */
class Told {
  readonly #target: Target;
  readonly #onChange: (change: TargetChange) => void;
  #containerId: string;
  #last = 'ready';

  constructor(target: Target, onChange: (change: TargetChange) => void) {
    this.#target = target;
    this.#onChange = onChange;
    this.#containerId = target.containerId;
  }

  see(pods: readonly RawPod[]): void {
    const pod = pods.find(({ metadata }) => metadata?.uid === this.#target.podUid);
    if (!pod) {
      this.tell({ kind: 'gone' });
      return;
    }
    const phase = pod.status?.phase;
    if (isTerminating(pod)) this.tell({ kind: 'leaving', why: 'it is being deleted' });
    else if (phase === 'Failed' || phase === 'Succeeded') {
      this.tell({ kind: 'leaving', why: `${phase} ${pod.status?.reason ?? ''}`.trim() });
    } else {
      this.#seeContainer(pod);
      this.tell({ kind: isReady(pod) ? 'ready' : 'not-ready' });
    }
  }

  tell(change: Exclude<TargetChange, { kind: 'restarted' }>): void {
    // What keeps us from seeing it may be another thing now: what was a lost connection are credentials that expired.
    const news = change.kind === 'unknown' ? `unknown: ${change.why}` : change.kind;
    if (news === this.#last) return;
    this.#last = news;
    this.#onChange(change);
  }

  #seeContainer(pod: RawPod): void {
    const status = containerStatus(pod, this.#target.container);
    const containerId = containerIdOf(status);
    if (!status?.state?.running || !containerId || containerId === this.#containerId) return;
    this.#containerId = containerId;
    this.#onChange({ kind: 'restarted', containerId });
  }
}
