import { type AgentRecord, listAgents } from './agent-objects.ts';
import { isRefusal } from './api-failure.ts';
import { choosePod } from './choose-pod.ts';
import type { Cluster } from './cluster.ts';
import { ownPods, type RawDeployment } from './deployment-pods.ts';
import { MANAGED_BY, madeByKdev } from './labels.ts';
import { LIST_LIMIT } from './limits.ts';
import { listMetadata, type ObjectMetadata } from './list-names.ts';
import { deploymentsPath, inNamespace, podsPath } from './paths.ts';
import { chooseContainer, declaredPorts, type RawPod } from './pod-container.ts';
import { isReady } from './pod-state.ts';
import { refuseNamespace } from './refuse-namespace.ts';
import type { TargetPort } from './target.ts';

/** Whatever a service might stand for, and who does something to it. */
export interface ListedTarget {
  /** `deployment/orders`: what `x-kdev.target` takes, where it is supported. */
  readonly target: string;
  /** Whether kdev can take its place yet. */
  readonly isSupported: boolean;
  /** The target that it belongs to, of pods. */
  readonly partOf?: string;
  readonly readyPods: number;
  readonly pods: number;
  /** The pod and the container whose place a service would take; undefined where none is ready. */
  readonly pod?: string;
  readonly container?: string;
  /** The container's image, and the pod's node. */
  readonly image?: string;
  readonly node?: string;
  /** TCP ports that the container declares. It may listen on others, which can be named as well. */
  readonly ports: readonly TargetPort[];
  /** The oldest first. */
  readonly heldBy: readonly Holder[];
}

export type Holder = Pick<
  AgentRecord,
  'owner' | 'session' | 'service' | 'mode' | 'ports' | 'filter' | 'since'
> & {
  /** The agent's Job: `NAMESPACE/NAME`. */
  readonly agent: string;
};

export interface ListedTargets {
  readonly targets: readonly ListedTarget[];
  /** What the user may not list, or has more of than is listed. */
  readonly gaps: readonly string[];
}

/** Kinds that kdev cannot follow to a pod yet, by kubectl's name. */
const notSupported = [
  ['statefulset', 'apis/apps/v1', 'statefulsets', 'StatefulSet'],
  ['daemonset', 'apis/apps/v1', 'daemonsets', 'DaemonSet'],
  ['replicaset', 'apis/apps/v1', 'replicasets', 'ReplicaSet'],
  ['job', 'apis/batch/v1', 'jobs', 'Job'],
  ['cronjob', 'apis/batch/v1', 'cronjobs', 'CronJob'],
] as const;

/** The targets of the cluster's chosen namespace, with whoever has a session on one of their pods. */
export async function listTargets(cluster: Cluster, signal: AbortSignal): Promise<ListedTargets> {
  const namespace = cluster.namespace.value;
  const [pods, deployments, others, agents] = await Promise.all([
    listAll<RawPod>(cluster, podsPath(namespace), signal),
    listAll<RawDeployment>(cluster, deploymentsPath(namespace), signal).catch(unlessAllowed),
    Promise.all(notSupported.map((kind) => listOthers(cluster, kind, signal))),
    listAgents(cluster, { selector: madeByKdev(), namespaces: [namespace] }, signal).catch(
      unlessAllowed,
    ),
  ]);
  const targets = describeTargets({
    pods: pods.items,
    deployments: deployments?.items ?? [],
    others: others.flat(),
    agents: agents ?? [],
  });
  if (targets.length === 0) {
    const { error } = await refuseNamespace(cluster, namespace, signal);
    if (error) throw error;
  }
  const gaps = [
    ...(deployments ? [] : ['you may not list deployments here']),
    ...(agents ? [] : ['you may not list jobs here, so other sessions are not seen']),
    ...(pods.isCut || deployments?.isCut
      ? [`only the first ${LIST_LIMIT} of a kind are read`]
      : []),
  ];
  return { targets, gaps };
}

export interface FoundObjects {
  readonly pods: readonly RawPod[];
  readonly deployments: readonly RawDeployment[];
  /** Of kinds that are not supported yet. */
  readonly others: readonly { readonly target: string; readonly kind: string; name: string }[];
  readonly agents: readonly AgentRecord[];
}

/** Deployments, then what is not supported yet, then pods; each kind by name. kdev's own agents are no targets. */
export function describeTargets(found: FoundObjects): readonly ListedTarget[] {
  const pods = found.pods.filter(
    ({ metadata, status }) =>
      metadata?.labels?.[MANAGED_BY] !== 'kdev' &&
      status?.phase !== 'Succeeded' &&
      status?.phase !== 'Failed',
  );
  const agents = found.agents.filter(({ ended }) => !ended);
  const owners = new Map<RawPod, string>();
  const workloads = [
    ...found.deployments.map((one) => ({
      target: `deployment/${one.metadata?.name}`,
      isSupported: true,
      pods: ownPods(one, pods),
    })),
    ...found.others.map(({ target, kind, name }) => ({
      target,
      isSupported: false,
      pods: pods.filter((pod) => isOwnedBy(pod.metadata, kind, name)),
    })),
  ];
  for (const { target, pods: own } of workloads) for (const pod of own) owners.set(pod, target);
  const single = pods.map((pod) => ({
    target: `pod/${pod.metadata?.name}`,
    isSupported: true,
    partOf: owners.get(pod),
    pods: [pod],
  }));
  return [...byName(workloads), ...byName(single)].map((one) => describe(one, agents));
}

interface Workload {
  readonly target: string;
  readonly isSupported: boolean;
  readonly partOf?: string | undefined;
  readonly pods: readonly RawPod[];
}

function describe(
  { target, isSupported, partOf, pods }: Workload,
  agents: readonly AgentRecord[],
): ListedTarget {
  const ready = pods.filter(isReady);
  const chosen = choosePod(ready);
  const container = chosen && chooseContainer(chosen, undefined).container;
  const uids = new Set(pods.map(({ metadata }) => metadata?.uid));
  return {
    target,
    isSupported,
    ...(partOf === undefined ? {} : { partOf }),
    readyPods: ready.length,
    pods: pods.length,
    ...(chosen?.metadata?.name ? { pod: chosen.metadata.name } : {}),
    ...(container ? { container: container.name } : {}),
    ...(container?.image ? { image: container.image } : {}),
    ...(chosen?.spec?.nodeName ? { node: chosen.spec.nodeName } : {}),
    ports: container ? declaredPorts(container).filter(({ protocol }) => protocol === 'TCP') : [],
    heldBy: agents
      .filter(({ targetUid }) => uids.has(targetUid))
      .sort((a, b) => a.since.getTime() - b.since.getTime())
      .map(({ owner, session, service, mode, ports, filter, since, namespace, name }) => {
        const agent = `${namespace}/${name}`;
        return { owner, session, service, mode, ports, filter, since, agent };
      }),
  };
}

function byName<T extends { readonly target: string }>(all: readonly T[]): T[] {
  const kind = ({ target }: T) => target.split('/')[0] ?? '';
  const order = ['deployment', ...notSupported.map(([name]) => name), 'pod'];
  const rank = (one: T) => order.indexOf(kind(one));
  return [...all].sort((a, b) => rank(a) - rank(b) || (a.target < b.target ? -1 : 1));
}

interface List<T> {
  readonly items: readonly T[];
  readonly isCut: boolean;
}

async function listAll<T>(cluster: Cluster, path: string, signal: AbortSignal): Promise<List<T>> {
  const list = await cluster.api.get<{ items?: T[]; metadata?: { continue?: string } }>(
    path,
    { limit: LIST_LIMIT },
    signal,
  );
  return { items: list.items ?? [], isCut: Boolean(list.metadata?.continue) };
}

/** Those that nothing else made. */
async function listOthers(
  cluster: Cluster,
  [kubectlName, group, resource, kind]: (typeof notSupported)[number],
  signal: AbortSignal,
): Promise<FoundObjects['others']> {
  const path = inNamespace(group, cluster.namespace.value, resource);
  const found = (await listMetadata(cluster, path, signal)) ?? [];
  return found
    .filter(({ labels, ownerReferences = [] }) => {
      return labels?.[MANAGED_BY] !== 'kdev' && !ownerReferences.some((one) => one.controller);
    })
    .flatMap(({ name }) => (name ? [{ target: `${kubectlName}/${name}`, kind, name }] : []));
}

function isOwnedBy(metadata: ObjectMetadata | undefined, kind: string, name: string): boolean {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller);
  return owner?.kind === kind && owner.name === name;
}

function unlessAllowed(error: unknown): undefined {
  if (!isRefusal(error, 403)) throw error;
  return undefined;
}
