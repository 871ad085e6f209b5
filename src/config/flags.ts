import type { Settings } from './schema.ts';

/** A setting that a flag and an environment variable can give, for all services at once. */
export interface OutsideSetting {
  readonly flag: `--${string}`;
  readonly variable: `KDEV_${string}`;
  /** What stands for the value in the help. */
  readonly placeholder: string;
  readonly help: string;
  /** The same setting as x-kdev would write it; the schema judges it. */
  readonly asXKdev: (value: string) => { readonly [key in keyof Settings]?: unknown };
}

export const outsideSettings: readonly OutsideSetting[] = [
  {
    flag: '--context',
    variable: 'KDEV_CONTEXT',
    placeholder: 'NAME',
    help: 'context of the kubeconfig',
    asXKdev: (context) => ({ context }),
  },
  {
    flag: '--namespace',
    variable: 'KDEV_NAMESPACE',
    placeholder: 'NAME',
    help: 'namespace of the targets',
    asXKdev: (namespace) => ({ namespace }),
  },
  {
    flag: '--incoming',
    variable: 'KDEV_INCOMING',
    placeholder: 'MODE',
    help: 'mirror, steal or off',
    asXKdev: (mode) => ({ incoming: { mode } }),
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
    placeholder: 'NAME',
    help: "namespace of the agent's Job",
    asXKdev: (namespace) => ({ agent: { namespace } }),
  },
  {
    flag: '--agent-mode',
    variable: 'KDEV_AGENT_MODE',
    placeholder: 'MODE',
    help: 'auto or node',
    asXKdev: (mode) => ({ agent: { mode } }),
  },
];
