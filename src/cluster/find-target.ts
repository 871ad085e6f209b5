import { type Hint, kdevError } from '../errors/kdev-error.ts';
import { isRefusal } from './api-failure.ts';
import { choosePod } from './choose-pod.ts';
import type { Cluster } from './cluster.ts';
import { ownPods, type RawDeployment, selectorText } from './deployment-pods.ts';
import { LIST_LIMIT, NAMES_SHOWN } from './limits.ts';
import { listMetadata, listNames } from './list-names.ts';
import { notReady } from './not-ready.ts';
import { offerNames } from './offered-names.ts';
import { deploymentsPath, namedIn, podPath, podsPath } from './paths.ts';
import {
  chooseContainer,
  declaredPorts,
  mountsOf,
  probedPorts,
  type RawPod,
} from './pod-container.ts';
import { containerIdOf, containerStatus, isReady } from './pod-state.ts';
import { refuseNamespace } from './refuse-namespace.ts';
import type { Target, TargetQuery } from './target.ts';
import { parseTargetName, type TargetName } from './target-name.ts';

/** Finds the container whose place the service takes; whatever is unknown or not ready is told with what is. */
export async function findTarget(
  cluster: Cluster,
  query: TargetQuery,
  signal: AbortSignal,
): Promise<Target> {
  const wanted = parseTargetName(query.target);
  const pods = await podsOf(cluster, wanted, query.namespace, signal);
  const ready = pods.filter((pod) => isReady(pod));
  const pod = choosePod(ready);
  if (!pod) throw await notReady(cluster, { wanted, namespace: query.namespace, pods }, signal);
  return describeTarget(pod, { wanted, query, readyPods: ready.length });
}

/** All pods of the target, ready or not. An unknown name or namespace is an error that lists the near ones. */
async function podsOf(
  cluster: Cluster,
  { kind, name }: TargetName,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly RawPod[]> {
  const { api } = cluster;
  try {
    if (kind === 'pod') return [await api.get<RawPod>(podPath(namespace, name), {}, signal)];
    const path = namedIn(deploymentsPath(namespace), name);
    const deployment = await api.get<RawDeployment>(path, {}, signal);
    const query = { labelSelector: selectorText(deployment), limit: LIST_LIMIT };
    const list = await api.get<{ items?: RawPod[] }>(podsPath(namespace), query, signal);
    return ownPods(deployment, list.items ?? []);
  } catch (error) {
    if (!isRefusal(error, 404)) throw error;
    throw await unknownName(cluster, { kind, name }, namespace, signal);
  }
}

async function unknownName(
  cluster: Cluster,
  { kind, name }: TargetName,
  namespace: string,
  signal: AbortSignal,
): Promise<Error> {
  const refused = await refuseNamespace(cluster, namespace, signal);
  if (refused.error) return refused.error;
  const path = kind === 'pod' ? podsPath(namespace) : deploymentsPath(namespace);
  const names = await listNames(cluster, path, signal);
  const sure = refused.isSure ? '' : ', or there is no such namespace';
  const elsewhere = await namespacesWith(cluster, { kind, name }, signal);
  const evidence = [
    ...(names ? [offerNames(name, names, `${kind}s`)] : []),
    ...(elsewhere.length > 0 ? [`there is one in: ${elsewhere.join(', ')}`] : []),
  ].join('\n');
  return kdevError('TARGET_UNKNOWN', {
    fact: `namespace ${namespace} has no ${kind} ${name}${sure}`,
    ...(evidence === '' ? {} : { evidence }),
    hints: [
      { who: 'you', text: 'see all of them', command: `kubectl get ${kind}s -n ${namespace}` },
      ...elsewhere.slice(0, 1).map((other): Hint => {
        return { who: 'you', text: `or name the namespace: --namespace ${other}` };
      }),
    ],
  });
}

/** Other namespaces that have one of this name, as far as the user may see. */
async function namespacesWith(
  cluster: Cluster,
  { kind, name }: TargetName,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const path = kind === 'pod' ? '/api/v1/pods' : '/apis/apps/v1/deployments';
  const query = { fieldSelector: `metadata.name=${name}` };
  const found = await listMetadata(cluster, path, signal, query);
  return (found ?? []).flatMap(({ namespace }) => namespace ?? []).slice(0, NAMES_SHOWN);
}

interface Found {
  readonly wanted: TargetName;
  readonly query: TargetQuery;
  readonly readyPods: number;
}

/** One ready pod as a Target. */
export function describeTarget(pod: RawPod, { wanted, query, readyPods }: Found): Target {
  const { container, from } = chooseContainer(pod, query.container);
  const status = containerStatus(pod, container.name);
  const containerId = containerIdOf(status);
  const { name, uid } = pod.metadata ?? {};
  const { spec, status: podStatus } = pod;
  if (!name || !uid || !spec?.nodeName || !podStatus?.podIP || !containerId) {
    throw kdevError('TARGET_NOT_READY', {
      fact: `pod ${name} says nothing of its node, its address or container ${container.name}`,
      hints: [
        {
          who: 'you',
          text: 'look at it',
          command: `kubectl describe pod ${name} -n ${query.namespace}`,
        },
      ],
    });
  }
  return {
    name: `${wanted.kind}/${wanted.name}`,
    kind: wanted.kind,
    namespace: query.namespace,
    pod: name,
    podUid: uid,
    podAddress: podStatus.podIP,
    hostname: spec.hostNetwork ? spec.nodeName : (spec.hostname ?? name).slice(0, 63),
    node: spec.nodeName,
    hostNetwork: spec.hostNetwork ?? false,
    container: container.name,
    containerFrom: from,
    containerId,
    image: container.image ?? '',
    pullSecrets: (spec.imagePullSecrets ?? []).flatMap(({ name: secret }) => secret ?? []),
    ports: declaredPorts(container),
    probePorts: probedPorts(pod),
    mounts: mountsOf(pod, container),
    readyPods,
  };
}
