/** How a volume of the target came to be, as far as kdev treats them differently. */
export type MountKind =
  | 'configMap'
  | 'secret'
  | 'projected'
  | 'downwardAPI'
  | 'emptyDir'
  | 'persistentVolumeClaim'
  | 'hostPath'
  | 'other';

export interface TargetMount {
  /** Absolute path in the target's container. */
  readonly path: string;
  readonly kind: MountKind;
  /** The volume's name in the pod. */
  readonly volume: string;
  /** A part of the volume is mounted, perhaps a single file; such mounts are never refreshed by the kubelet. */
  readonly subPath: boolean;
  readonly readOnly: boolean;
  /** Whether a service account token lies in it. */
  readonly token: boolean;
}

export interface TargetPort {
  readonly port: number;
  readonly name?: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
}

/** One running container of one ready pod, whose place the service takes. */
export interface Target {
  /** As the user wrote it, canonical: `deployment/orders`. */
  readonly name: string;
  readonly kind: TargetKind;
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly podAddress: string;
  readonly hostname: string;
  readonly node: string;
  /** Whether the pod shares its node's network: intercepting there touches the node. */
  readonly hostNetwork: boolean;
  readonly container: string;
  /** Why this container, e.g. `named`, `the only one`, `the first of 3`. */
  readonly containerFrom: string;
  /** 64 hexadecimal digits. */
  readonly containerId: string;
  readonly image: string;
  /** Secrets by which the pod's images are pulled, its service account's included. */
  readonly pullSecrets: readonly string[];
  /** Declared by the container. A container may listen on others as well. */
  readonly ports: readonly TargetPort[];
  /** Ports on which the kubelet probes the pod. */
  readonly probePorts: readonly number[];
  readonly mounts: readonly TargetMount[];
  /** How many ready pods the target has in all. */
  readonly readyPods: number;
}

export type TargetKind = 'pod' | 'deployment';

/** What is looked for. */
export interface TargetQuery {
  readonly namespace: string;
  /** `pod/NAME` or `deployment/NAME`, also by kubectl's short names. */
  readonly target: string;
  readonly container?: string;
}
