import type {
  V1Container,
  V1Deployment,
  V1EnvVar,
  V1PodSpec,
  V1Service,
} from '@kubernetes/client-node';
import { appImage, type Language } from '../fixtures/app-images.ts';

/** A test app in the cluster: a deployment of one pod, and a Service of the same name for its ports. */
export interface AppOptions {
  readonly name: string;
  readonly language: Language;
  /** HTTP ports; 8080 where none is named. */
  readonly ports?: readonly number[];
  readonly rawPort?: number;
  readonly env?: readonly V1EnvVar[];
  /** Merged over the container's and the pod's own. */
  readonly container?: Partial<V1Container>;
  readonly pod?: Partial<V1PodSpec>;
}

export function appManifests(options: AppOptions): [V1Deployment, V1Service] {
  const { name, language, ports = [8080], rawPort, env = [], container, pod } = options;
  const all = rawPort === undefined ? ports : [...ports, rawPort];
  const labels = { app: name };
  const spec: V1PodSpec = {
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'app',
        image: appImage(language),
        ports: all.map((containerPort) => ({ containerPort })),
        env: [
          { name: 'NAME', value: `target-${name}` },
          { name: 'PORTS', value: ports.join(',') },
          ...(rawPort === undefined ? [] : [{ name: 'RAW_PORT', value: String(rawPort) }]),
          ...env,
        ],
        ...container,
      },
    ],
    ...pod,
  };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: {
        selector: labels,
        ports: all.map((port) => ({ name: `p${port}`, port, targetPort: port })),
      },
    },
  ];
}
