import { type Hint, type KdevError, kdevError } from '../errors/kdev-error.ts';
import { bounded } from './api-failure.ts';
import type { Cluster } from './cluster.ts';
import type { RawDeployment } from './deployment-pods.ts';
import { troublesOf } from './events.ts';
import { deploymentsPath, namedIn } from './paths.ts';
import type { RawPod } from './pod-container.ts';
import { whyNotReady } from './pod-state.ts';
import type { TargetName } from './target-name.ts';

interface NotReady {
  readonly wanted: TargetName;
  readonly namespace: string;
  readonly pods: readonly RawPod[];
}

/** Most pods whose troubles are told; the pods of a target mostly share one. */
const PODS_TOLD = 3;

/** Why none of the target's pods is ready, from statuses and events. */
export async function notReady(
  cluster: Cluster,
  { wanted, namespace, pods }: NotReady,
  signal: AbortSignal,
): Promise<KdevError> {
  const target = `${wanted.kind}/${wanted.name}`;
  if (pods.length === 0) return await withoutPods(cluster, { wanted, namespace, pods }, signal);
  const lines = await Promise.all(
    pods.slice(0, PODS_TOLD).map(async (pod) => {
      const events = await troublesOf(cluster, namespace, pod.metadata?.uid ?? '', signal);
      return [...whyNotReady(pod), ...events].map((why) => `${pod.metadata?.name}: ${why}`);
    }),
  );
  const more = pods.length > PODS_TOLD ? [`… and ${pods.length - PODS_TOLD} more pods`] : [];
  return kdevError('TARGET_NOT_READY', {
    fact: `${target} in namespace ${namespace} has no ready pod`,
    evidence: [...lines.flat(), ...more].join('\n'),
    hints: [
      {
        who: 'you',
        text: 'look at it',
        command: `kubectl describe pod ${pods[0]?.metadata?.name} -n ${namespace}`,
      },
    ],
  });
}

async function withoutPods(
  { api }: Cluster,
  { wanted, namespace }: NotReady,
  signal: AbortSignal,
): Promise<KdevError> {
  const path = namedIn(deploymentsPath(namespace), wanted.name);
  const { spec, status } = await api.get<RawDeployment>(path, {}, signal);
  const scaled = `kubectl scale deployment ${wanted.name} -n ${namespace} --replicas 1`;
  const look = `kubectl describe deployment ${wanted.name} -n ${namespace}`;
  const zero = spec?.replicas === 0;
  const failures = (status?.conditions ?? [])
    .filter((one) => one.type === 'ReplicaFailure' && one.status === 'True')
    .map(({ reason, message }) => bounded(`${reason}: ${message}`));
  const hint: Hint = zero
    ? { who: 'you', text: 'give it a pod', command: scaled }
    : { who: 'you', text: 'look at it', command: look };
  return kdevError('TARGET_NOT_READY', {
    fact: `deployment/${wanted.name} in namespace ${namespace} ${zero ? 'is scaled to 0' : 'has no pod'}`,
    ...(failures.length > 0 ? { evidence: failures.join('\n') } : {}),
    hints: [hint],
  });
}
