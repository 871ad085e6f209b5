import type { V1ContainerStatus } from '@kubernetes/client-node';
import type { Raw } from './api.ts';
import { bounded } from './api-failure.ts';
import type { RawPod } from './pod-container.ts';

export type RawContainerStatus = Raw<V1ContainerStatus>;

/** A terminating pod keeps phase Running and condition Ready for a while: only its deletion's time tells. */
export function isTerminating(pod: RawPod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined;
}

export function isReady(pod: RawPod): boolean {
  if (isTerminating(pod) || pod.status?.phase !== 'Running') return false;
  return condition(pod, 'Ready')?.status === 'True';
}

export function condition(pod: RawPod, type: string) {
  return pod.status?.conditions?.find((one) => one.type === type);
}

export function containerStatus(pod: RawPod, name: string): RawContainerStatus | undefined {
  return pod.status?.containerStatuses?.find((one) => one.name === name);
}

/** `containerd://<64 hex>` → the id, or undefined while there is none. */
export function containerIdOf(status: RawContainerStatus | undefined): string | undefined {
  return /^[a-z0-9-]+:\/\/([0-9a-f]{64})$/.exec(status?.containerID ?? '')?.[1];
}

/** Why a pod is not ready, in the words of its statuses: one line a reason. */
export function whyNotReady(pod: RawPod): readonly string[] {
  const { phase, reason, message, initContainerStatuses, containerStatuses } = pod.status ?? {};
  const scheduled = condition(pod, 'PodScheduled');
  if (isTerminating(pod)) return ['it is being deleted'];
  if (scheduled?.status === 'False') return [words(scheduled.reason, scheduled.message)];
  if (phase === 'Failed' || phase === 'Succeeded') return [`${phase}: ${words(reason, message)}`];
  const statuses = [...(initContainerStatuses ?? []), ...(containerStatuses ?? [])];
  const troubles = statuses.flatMap((status) => containerTrouble(status) ?? []);
  return troubles.length > 0 ? troubles : [`phase ${phase ?? 'unknown'}`];
}

function containerTrouble(status: RawContainerStatus): string | undefined {
  const { name, ready, state } = status;
  if (state?.waiting) {
    const { reason, message } = state.waiting;
    return `container ${name}${lastExit(status)} ${words(reason, message)}`;
  }
  if (state?.terminated) {
    const { exitCode, reason } = state.terminated;
    return exitCode === 0 ? undefined : `container ${name} ended with ${exitCode} (${reason})`;
  }
  return ready || !state?.running
    ? undefined
    : `container ${name} runs but is not ready${lastExit(status)}`;
}

function lastExit({ lastState, restartCount }: RawContainerStatus): string {
  const last = lastState?.terminated;
  if (!last) return '';
  return ` (ended with ${last.exitCode} before, ${restartCount} restarts)`;
}

function words(reason: string | undefined, message: string | undefined): string {
  return bounded(message ? `${reason}: ${message}` : (reason ?? 'no reason given'));
}
