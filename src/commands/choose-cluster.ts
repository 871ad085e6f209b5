import { type Cluster, openCluster } from '../cluster/cluster.ts';
import type { Chosen } from '../cluster/kubeconfig.ts';

export interface ClusterOptions {
  readonly context?: string;
  readonly namespace?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The cluster that a command without a project means: by flag, variable, kubeconfig. The caller closes it. */
export function chooseCluster(options: ClusterOptions, env: Environment): Cluster {
  const context = choose('--context', options.context, env['KDEV_CONTEXT']);
  const namespace = choose('--namespace', options.namespace, env['KDEV_NAMESPACE']);
  return openCluster({ ...(context && { context }), ...(namespace && { namespace }), env });
}

function choose(
  flag: '--context' | '--namespace',
  given: string | undefined,
  variable: string | undefined,
): Chosen | undefined {
  if (given !== undefined) return { value: given, from: flag };
  if (!variable) return undefined;
  return { value: variable, from: flag.replace('--', 'KDEV_').toUpperCase() };
}
