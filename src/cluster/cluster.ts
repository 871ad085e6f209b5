import { Api } from './api.ts';
import type { Chosen } from './chosen.ts';
import { Credentials } from './credentials.ts';
import { type ClusterChoice, readKubeconfig } from './kubeconfig.ts';

/** One cluster, as the kubeconfig names it. Whoever opens it closes it. */
export interface Cluster {
  readonly context: Chosen;
  readonly namespace: Chosen;
  readonly server: string;
  readonly user: string;
  /** The kubeconfig files that were read. */
  readonly files: readonly string[];
  /** How this room speaks to the API server. */
  readonly api: Api;
  close(): void;
}

/** Reads the kubeconfig; nothing is asked of the cluster yet. */
export function openCluster(choice: ClusterChoice): Cluster {
  const kubeconfig = readKubeconfig(choice);
  const { context, namespace, server, user, files } = kubeconfig;
  const credentials = new Credentials(kubeconfig, () => readKubeconfig({ ...choice, context }));
  const api = new Api(kubeconfig, credentials);
  return { context, namespace, server, user, files, api, close: () => api.close() };
}

/** One question to the API server: whether it answers, takes the credentials, and which version it is. */
export async function greetCluster(cluster: Cluster, signal: AbortSignal): Promise<string> {
  const { gitVersion } = await cluster.api.get<{ gitVersion?: string }>('/version', {}, signal);
  return gitVersion ?? 'unknown';
}
