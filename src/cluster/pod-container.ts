import type { V1Container, V1Pod, V1Probe } from '@kubernetes/client-node';
import { kdevError } from '../errors/kdev-error.ts';
import { didYouMean } from '../errors/nearest-name.ts';
import type { Raw } from './api.ts';
import type { MountKind, TargetMount, TargetPort } from './target.ts';

export type RawPod = Raw<V1Pod>;
export type RawContainer = Raw<V1Container>;

/** Containers that meshes and secret stores put beside the one that a person means. */
const sidecarNames: ReadonlySet<string> = new Set([
  'istio-proxy',
  'linkerd-proxy',
  'envoy',
  'envoy-sidecar',
  'consul-dataplane',
  'consul-connect-envoy-sidecar',
  'kuma-sidecar',
  'daprd',
  'vault-agent',
  'cloud-sql-proxy',
  'cloudsql-proxy',
  'queue-proxy',
  'aws-xray-daemon',
  'otc-container',
]);

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/** The container that is meant, and why it. */
export function chooseContainer(
  pod: RawPod,
  wanted: string | undefined,
): { readonly container: RawContainer; readonly from: string } {
  const containers = pod.spec?.containers ?? [];
  const byName = (name: string | undefined) => containers.find((one) => one.name === name);
  if (wanted !== undefined) {
    const container = byName(wanted);
    if (container) return { container, from: 'named' };
    throw unknownContainer(pod, wanted, containers);
  }
  const annotated = byName(pod.metadata?.annotations?.[DEFAULT_CONTAINER]);
  if (annotated) return { container: annotated, from: `annotation ${DEFAULT_CONTAINER}` };
  const first = containers.find(({ name }) => !sidecarNames.has(name)) ?? containers[0];
  if (!first) throw new Error('the API server brought a pod without containers');
  const from = containers.length === 1 ? 'the only one' : `the first of ${containers.length}`;
  return { container: first, from };
}

function unknownContainer(pod: RawPod, wanted: string, containers: readonly RawContainer[]): Error {
  const names = containers.map(({ name }) => name);
  return kdevError('CONTAINER_UNKNOWN', {
    fact: `pod ${pod.metadata?.name} has no container ${wanted}${didYouMean(wanted, names)}`,
    evidence: `containers: ${names.join(', ')}`,
    hints: [{ who: 'you', text: 'give --container or x-kdev.container one of them' }],
  });
}

export function declaredPorts(container: RawContainer): readonly TargetPort[] {
  return (container.ports ?? []).map(({ containerPort, name, protocol }) => ({
    port: containerPort,
    protocol: protocol === 'UDP' || protocol === 'SCTP' ? protocol : 'TCP',
    ...(name === undefined ? {} : { name }),
  }));
}

/** The ports that the kubelet probes, of all containers: they share the pod's network. */
export function probedPorts(pod: RawPod): readonly number[] {
  const restartable = (pod.spec?.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === 'Always',
  );
  const ports = [...(pod.spec?.containers ?? []), ...restartable].flatMap((container) =>
    [container.livenessProbe, container.readinessProbe, container.startupProbe].flatMap((probe) => {
      const port = probePort(probe, container);
      return port === undefined ? [] : [port];
    }),
  );
  return [...new Set(ports)].sort((a, b) => a - b);
}

function probePort(probe: Raw<V1Probe> | undefined, container: RawContainer): number | undefined {
  // The library's type for "number or name" has a base type beside them: only the two can arrive.
  const port: unknown = probe?.httpGet?.port ?? probe?.tcpSocket?.port ?? probe?.grpc?.port;
  if (typeof port === 'number') return port;
  if (typeof port !== 'string') return undefined;
  if (/^\d+$/.test(port)) return Number(port);
  return container.ports?.find(({ name }) => name === port)?.containerPort;
}

const mountKinds: readonly Exclude<MountKind, 'other'>[] = [
  'configMap',
  'secret',
  'projected',
  'downwardAPI',
  'emptyDir',
  'persistentVolumeClaim',
  'hostPath',
];

export function mountsOf(pod: RawPod, container: RawContainer): readonly TargetMount[] {
  return (container.volumeMounts ?? []).map((mount) => {
    const volume = pod.spec?.volumes?.find(({ name }) => name === mount.name);
    const sources = volume?.projected?.sources ?? [];
    return {
      path: mount.mountPath,
      kind: mountKinds.find((kind) => volume?.[kind] !== undefined) ?? 'other',
      volume: mount.name,
      subPath: Boolean(mount.subPath || mount.subPathExpr),
      readOnly: mount.readOnly ?? false,
      token: sources.some(({ serviceAccountToken }) => serviceAccountToken !== undefined),
    };
  });
}
