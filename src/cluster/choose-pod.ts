import type { RawPod } from './pod-container.ts';

/**
 * Of several ready pods: one of the newest revision, since the others leave during a rollout; among those the oldest,
 * so that every session that asks gets the same one.
 */
export function choosePod(ready: readonly RawPod[]): RawPod | undefined {
  const newest = [...ready].sort((a, b) => compare(createdAt(b), createdAt(a)))[0];
  return ready
    .filter((pod) => revisionOf(pod) === (newest && revisionOf(newest)))
    .sort((a, b) => compare(createdAt(a), createdAt(b)) || compare(nameOf(a), nameOf(b)))[0];
}

function revisionOf(pod: RawPod): string {
  return pod.metadata?.labels?.['pod-template-hash'] ?? '';
}

/** RFC 3339 in UTC: sorts as text. */
function createdAt(pod: RawPod): string {
  return pod.metadata?.creationTimestamp ?? '';
}

function nameOf(pod: RawPod): string {
  return pod.metadata?.name ?? '';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
