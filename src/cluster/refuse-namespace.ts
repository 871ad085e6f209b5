import { type KdevError, kdevError } from '../errors/kdev-error.ts';
import type { Cluster } from './cluster.ts';
import { listNames } from './list-names.ts';
import { offerNames } from './offered-names.ts';

/** The error where the cluster has no such namespace, and whether that could be seen at all. */
export async function refuseNamespace(
  cluster: Cluster,
  namespace: string,
  signal: AbortSignal,
): Promise<{ readonly error: KdevError | undefined; readonly isSure: boolean }> {
  const namespaces = await listNames(cluster, '/api/v1/namespaces', signal);
  if (!namespaces || namespaces.includes(namespace)) {
    return { error: undefined, isSure: namespaces !== undefined };
  }
  const error = kdevError('NAMESPACE_UNKNOWN', {
    fact: `cluster ${cluster.context.value} has no namespace ${namespace}`,
    evidence: offerNames(namespace, namespaces, 'namespaces'),
    hints: [{ who: 'you', text: 'see all of them', command: 'kubectl get namespaces' }],
  });
  return { error, isSure: true };
}
