import type {
  V1Container,
  V1Job,
  V1ObjectMeta,
  V1PodSpec,
  V1Secret,
} from '@kubernetes/client-node';
import { filterWords } from '../protocol/filter-words.ts';
import type { AgentKey, AgentPlan } from './agent-plan.ts';
import { agentResources } from './agent-resources.ts';
import {
  AGENT,
  FILTER,
  MANAGED_BY,
  MODE,
  OWNER,
  PORTS,
  SERVICE,
  SESSION,
  SINCE,
  TARGET,
  TARGET_UID,
  WHAT,
} from './labels.ts';

/** The entry of the Secret that holds the tunnel's key, in base64. */
const KEY_ENTRY = 'key';

/** Meshes and injectors that would put their own containers, and their own traffic rules, beside the agent. */
const noInjection = {
  labels: {
    'sidecar.istio.io/inject': 'false',
    'kuma.io/sidecar-injection': 'disabled',
    'admission.datadoghq.com/enabled': 'false',
  },
  annotations: {
    'sidecar.istio.io/inject': 'false',
    'linkerd.io/inject': 'disabled',
    'consul.hashicorp.com/connect-inject': 'false',
    'vault.hashicorp.com/agent-inject': 'false',
    'dapr.io/enabled': 'false',
  },
};

/**
 * Name of the Job and of the Secret: a DNS label whatever the Compose service is called. Each start has another one:
 * kubelet keeps an immutable Secret in its memory as long as a pod that uses it is there, and a new agent would be given
 * the key of the one before.
 */
export function agentName({
  session,
  service,
  since,
}: Pick<AgentPlan, 'session' | 'service' | 'since'>): string {
  const label = service
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 20)
    .replace(/^-+|-+$/g, '');
  const start = since.getTime().toString(36).slice(-6);
  return ['kdev-agent', session, label, start].filter((part) => part !== '').join('-');
}

/**
 * The agent's Job in node mode. Everything that it needs beyond a plain pod is named here: hostPID and the
 * capabilities. It mounts nothing, has no account in the cluster, and never runs twice.
 */
export function agentJob(plan: AgentPlan, key: Pick<AgentKey, 'id'>): V1Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: agentMetadata(plan),
    spec: {
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      ttlSecondsAfterFinished: 10,
      template: {
        metadata: {
          labels: {
            ...agentLabels(plan),
            [AGENT]: agentName(plan),
            ...noInjection.labels,
          },
          annotations: {
            ...agentAnnotations(plan),
            'kubectl.kubernetes.io/default-container': 'agent',
            ...noInjection.annotations,
          },
        },
        spec: podSpec(plan, key),
      },
    },
  };
}

/** The key, for the agent alone. It goes with the Job once `ownedByJob` is patched in. */
export function agentSecret(plan: AgentPlan, { secret }: AgentKey): V1Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: agentMetadata(plan),
    type: 'Opaque',
    immutable: true,
    stringData: { [KEY_ENTRY]: secret.toString('base64') },
  };
}

export function ownedByJob(plan: AgentPlan, uid: string): { readonly metadata: V1ObjectMeta } {
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name: agentName(plan), uid };
  return { metadata: { ownerReferences: [owner] } };
}

function podSpec(plan: AgentPlan, key: Pick<AgentKey, 'id'>): V1PodSpec {
  return {
    hostPID: true,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 2,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // As a DaemonSet's pods: the scheduler says no where the node has no room, taints and cordons do not matter.
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchFields: [{ key: 'metadata.name', operator: 'In', values: [plan.target.node] }],
            },
          ],
        },
      },
    },
    tolerations: [{ operator: 'Exists' }],
    ...pullSecrets(plan),
    containers: [container(plan, key)],
  };
}

/** Where the agent's image lies beside the target's own, it is pulled by the same secrets. Another namespace has none of them. */
function pullSecrets({ namespace, target }: AgentPlan): Pick<V1PodSpec, 'imagePullSecrets'> {
  if (namespace !== target.namespace || target.pullSecrets.length === 0) return {};
  return { imagePullSecrets: target.pullSecrets.map((name) => ({ name })) };
}

function container(plan: AgentPlan, key: Pick<AgentKey, 'id'>): V1Container {
  return {
    name: 'agent',
    image: plan.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '/kdev/agent.mjs'],
    // The status of a crashed agent tells its last words, also to those who may not read logs.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    env: [
      { name: 'KDEV_CONFIG', value: JSON.stringify(plan.config) },
      { name: 'KDEV_KEY_ID', value: key.id },
      {
        name: 'KDEV_KEY',
        valueFrom: { secretKeyRef: { name: agentName(plan), key: KEY_ENTRY } },
      },
      { name: 'KDEV_POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'KDEV_HOST_IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
    ],
    resources: agentResources,
    securityContext: {
      runAsUser: 0,
      runAsGroup: 0,
      allowPrivilegeEscalation: false,
      seccompProfile: { type: 'RuntimeDefault' },
      capabilities: { drop: ['ALL'], add: capabilities(plan) },
    },
  };
}

/** NET_ADMIN: rules; NET_RAW: the mirror's ring; SYS_PTRACE: /proc of other users; SYS_ADMIN: setns. */
function capabilities({ files, sockets }: AgentPlan): string[] {
  return [
    ...(sockets ? ['DAC_OVERRIDE'] : []),
    ...(files ? ['DAC_READ_SEARCH'] : []),
    ...['NET_ADMIN', 'NET_RAW', 'SYS_ADMIN', 'SYS_PTRACE'],
  ];
}

function agentMetadata(plan: AgentPlan): V1ObjectMeta {
  return {
    name: agentName(plan),
    namespace: plan.namespace,
    labels: agentLabels(plan),
    annotations: agentAnnotations(plan),
  };
}

function agentLabels({ session, target }: AgentPlan): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'kdev-agent',
    [MANAGED_BY]: 'kdev',
    [SESSION]: session,
    [TARGET_UID]: target.podUid,
  };
}

/** What a colleague reads in `kubectl describe`. */
function agentAnnotations(plan: AgentPlan): Record<string, string> {
  const { owner, service, target, incoming, since } = plan;
  return {
    [OWNER]: owner,
    [SERVICE]: service,
    [WHAT]: whatItDoes(plan),
    [TARGET]: `${target.namespace}/${target.name}`,
    [PORTS]: incoming.ports === 'all' ? 'all' : incoming.ports.join(','),
    [MODE]: incoming.mode,
    ...(incoming.filter ? { [FILTER]: filterWords(incoming.filter) } : {}),
    [SINCE]: since.toISOString(),
  };
}

/** `ada@laptop steals :8080 of deployment/orders since 2026-01-31 10:31 UTC`. */
function whatItDoes({ owner, target, incoming, since }: AgentPlan): string {
  const time = `${since.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const ports =
    incoming.ports === 'all' ? 'every port' : incoming.ports.map((port) => `:${port}`).join(' ');
  const verbs = { steal: 'steals', mirror: 'mirrors', off: '' } as const;
  const verb = ports === '' ? '' : verbs[incoming.mode];
  const deed = verb === '' ? 'uses the network of' : `${verb} ${ports} of`;
  const filter = verb === '' || !incoming.filter ? '' : ` with ${filterWords(incoming.filter)}`;
  return `${owner} ${deed} ${target.name}${filter} since ${time}`;
}
