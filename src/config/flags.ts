import type { Settings } from './schema.ts';

/** A setting that a flag and an environment variable can give, for all services at once. */
export interface OutsideSetting {
  readonly flag: `--${string}`;
  readonly variable: `KDEV_${string}`;
  /** What stands for the value in the help. */
  readonly placeholder: string;
  readonly help: string;
  /** Where it is one of few. */
  readonly values?: readonly string[];
  /** Whether it can hold for one service only. */
  readonly isOfOne?: boolean;
  /** The same setting as x-kdev would write it; the schema judges it. */
  readonly asXKdev: (value: string) => { readonly [key in keyof Settings]?: unknown };
}

export const outsideSettings: readonly OutsideSetting[] = [
  {
    flag: '--target',
    variable: 'KDEV_TARGET',
    placeholder: 'TARGET',
    help: 'target of the one service with x-kdev',
    isOfOne: true,
    asXKdev: (target) => ({ target }),
  },
  {
    flag: '--context',
    variable: 'KDEV_CONTEXT',
    placeholder: 'CONTEXT',
    help: 'context of the kubeconfig',
    asXKdev: (context) => ({ context }),
  },
  {
    flag: '--namespace',
    variable: 'KDEV_NAMESPACE',
    placeholder: 'NAMESPACE',
    help: 'namespace of the targets',
    asXKdev: (namespace) => ({ namespace }),
  },
  {
    flag: '--container',
    variable: 'KDEV_CONTAINER',
    placeholder: 'CONTAINER',
    help: "container of the targets' pods",
    asXKdev: (container) => ({ container }),
  },
  {
    flag: '--incoming',
    variable: 'KDEV_INCOMING',
    placeholder: 'MODE',
    help: 'mirror, steal or off',
    values: ['mirror', 'steal', 'off'],
    asXKdev: (mode) => ({ incoming: { mode } }),
  },
  {
    flag: '--incoming-ports',
    variable: 'KDEV_INCOMING_PORTS',
    placeholder: 'PORTS',
    help: 'what comes in: 3000:80,9090, or all',
    asXKdev: (ports) => ({ incoming: { ports: ports === 'all' ? ports : ports.split(',') } }),
  },
  {
    flag: '--outgoing-local',
    variable: 'KDEV_OUTGOING_LOCAL',
    placeholder: 'PATTERNS',
    help: 'what stays on this machine: *.internal:5432,10.0.0.0/8',
    asXKdev: (patterns) => ({ outgoing: { local: patterns.split(',') } }),
  },
  {
    flag: '--outgoing-remote',
    variable: 'KDEV_OUTGOING_REMOTE',
    placeholder: 'PATTERNS',
    help: 'what leaves from the pod',
    asXKdev: (patterns) => ({ outgoing: { remote: patterns.split(',') } }),
  },
  {
    flag: '--dns-local',
    variable: 'KDEV_DNS_LOCAL',
    placeholder: 'NAMES',
    help: 'what this machine resolves: *.corp.example',
    asXKdev: (names) => ({ dns: { local: names.split(',') } }),
  },
  {
    flag: '--dns-remote',
    variable: 'KDEV_DNS_REMOTE',
    placeholder: 'NAMES',
    help: 'what the pod resolves',
    asXKdev: (names) => ({ dns: { remote: names.split(',') } }),
  },
  {
    flag: '--mounts',
    variable: 'KDEV_MOUNTS',
    placeholder: 'HOW',
    help: "auto or off: the pod's mounted files",
    values: ['auto', 'off'],
    asXKdev: (mounts) => ({ files: { mounts } }),
  },
  {
    flag: '--image',
    variable: 'KDEV_IMAGE',
    placeholder: 'IMAGE',
    help: 'image of sidecar and agent',
    asXKdev: (image) => ({ agent: { image } }),
  },
  {
    flag: '--agent-namespace',
    variable: 'KDEV_AGENT_NAMESPACE',
    placeholder: 'NAMESPACE',
    help: "namespace of the agent's Job",
    asXKdev: (namespace) => ({ agent: { namespace } }),
  },
  {
    flag: '--agent-mode',
    variable: 'KDEV_AGENT_MODE',
    placeholder: 'MODE',
    help: 'auto or node',
    values: ['auto', 'node'],
    asXKdev: (mode) => ({ agent: { mode } }),
  },
];
