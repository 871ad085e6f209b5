import { checkRights } from '../../cluster/admit-agent.ts';
import { type Cluster, greetCluster } from '../../cluster/cluster.ts';
import { listTargets } from '../../cluster/list-targets.ts';
import { deadline } from '../../runtime/deadline.ts';
import { counted } from '../../screen/counted.ts';
import { type Check, check } from './check.ts';

const deadlineMs = 20_000;

export interface PlaceToCheck {
  readonly open: () => Cluster;
  /** undefined: the target's. */
  readonly agentNamespace: string | undefined;
}

/** The kubeconfig, the API server, the namespace and what the user may do there: each needs the one before. */
export async function checkCluster({
  open,
  agentNamespace,
}: PlaceToCheck): Promise<readonly Check[]> {
  const signal = deadline(deadlineMs);
  let cluster: Cluster | undefined;
  const kubeconfig = await check('cluster', 'kubeconfig', () => {
    cluster = open();
    const { context, files } = cluster;
    return `context ${context.value} (${context.from}) of ${files.join(', ')}`;
  });
  if (!cluster) return [kubeconfig];
  const { api, namespace, server } = cluster;
  const opened = cluster;
  try {
    const greeting = await check('cluster', 'API server', async () => {
      return `Kubernetes ${await greetCluster(opened, signal)} at ${server}, as user ${api.user}`;
    });
    if (greeting.state === 'failed') return [kubeconfig, greeting];
    const place = namespace.value;
    const agents = agentNamespace ?? place;
    const further = await Promise.all([
      check('cluster', `namespace ${place}`, async () => {
        const { targets } = await listTargets(opened, signal);
        const usable = targets.filter(
          ({ isSupported, readyPods, partOf }) => isSupported && readyPods > 0 && !partOf,
        );
        return `${counted(usable.length, 'target')} with a ready pod (namespace from ${namespace.from})`;
      }),
      check('cluster', 'rights', async () => {
        const mayProxy = await checkRights(
          opened,
          { namespace: agents, target: { namespace: place } },
          signal,
        );
        const ways = mayProxy ? 'pods/proxy' : 'port-forward only';
        return `all that an agent in ${agents} needs; way to it: ${ways}`;
      }),
    ]);
    return [kubeconfig, greeting, ...further];
  } finally {
    opened.close();
  }
}
