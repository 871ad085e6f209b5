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
  /** Told in documents and completions only: a help has one screen. */
  readonly isRare?: boolean;
  /** The same setting as x-kdev would write it; the schema judges it. */
  readonly asXKdev: (value: string) => { readonly [key in keyof Settings]?: unknown };
}

/** Of the rare ones a help says only this. */
export const everySetting = 'Every setting has its flag: docs/configuration.md';

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
    asXKdev: (ports) => ({ incoming: { ports: ports === 'all' ? ports : listOf(ports) } }),
  },
  {
    flag: '--incoming-ignore',
    variable: 'KDEV_INCOMING_IGNORE',
    placeholder: 'PORTS',
    help: 'what does not come in: 9090,9091',
    isRare: true,
    asXKdev: (ports) => ({ incoming: { ignore: listOf(ports).map(asNumber) } }),
  },
  {
    flag: '--incoming-flush',
    variable: 'KDEV_INCOMING_FLUSH',
    placeholder: 'WHETHER',
    help: 'true or false: open connections come in too',
    values: ['true', 'false'],
    isRare: true,
    asXKdev: (flush) => ({ incoming: { flush: asBoolean(flush) } }),
  },
  {
    flag: '--incoming-probes',
    variable: 'KDEV_INCOMING_PROBES',
    placeholder: 'WHO',
    help: "target or steal: who answers the kubelet's probes",
    values: ['target', 'steal'],
    isRare: true,
    asXKdev: (probes) => ({ incoming: { probes } }),
  },
  {
    flag: '--incoming-filter',
    variable: 'KDEV_INCOMING_FILTER',
    placeholder: 'FILTER',
    help: 'HTTP requests that come in: x-user=ada, or JSON',
    isRare: true,
    asXKdev: (filter) => ({ incoming: { filter: asObject(filter) } }),
  },
  {
    flag: '--outgoing-local',
    variable: 'KDEV_OUTGOING_LOCAL',
    placeholder: 'PATTERNS',
    help: 'what stays on this machine: *.internal:5432,10.0.0.0/8',
    asXKdev: (patterns) => ({ outgoing: { local: listOf(patterns) } }),
  },
  {
    flag: '--outgoing-remote',
    variable: 'KDEV_OUTGOING_REMOTE',
    placeholder: 'PATTERNS',
    help: 'what leaves from the pod',
    asXKdev: (patterns) => ({ outgoing: { remote: listOf(patterns) } }),
  },
  {
    flag: '--outgoing-pod-loopback',
    variable: 'KDEV_OUTGOING_POD_LOOPBACK',
    placeholder: 'PORTS',
    help: "ports of the pod's loopback: 9901,15000",
    isRare: true,
    asXKdev: (ports) => ({ outgoing: { podLoopback: listOf(ports).map(asNumber) } }),
  },
  {
    flag: '--outgoing-unix',
    variable: 'KDEV_OUTGOING_UNIX',
    placeholder: 'PATHS',
    help: 'unix sockets of the pod: /run/a.sock',
    isRare: true,
    asXKdev: (paths) => ({ outgoing: { unix: listOf(paths) } }),
  },
  {
    flag: '--dns-local',
    variable: 'KDEV_DNS_LOCAL',
    placeholder: 'NAMES',
    help: 'what this machine resolves: *.corp.example',
    asXKdev: (names) => ({ dns: { local: listOf(names) } }),
  },
  {
    flag: '--dns-remote',
    variable: 'KDEV_DNS_REMOTE',
    placeholder: 'NAMES',
    help: 'what the pod resolves',
    asXKdev: (names) => ({ dns: { remote: listOf(names) } }),
  },
  {
    flag: '--env-include',
    variable: 'KDEV_ENV_INCLUDE',
    placeholder: 'GLOBS',
    help: "which of the pod's variables: DB_*,PATH",
    isRare: true,
    asXKdev: (globs) => ({ env: { include: listOf(globs) } }),
  },
  {
    flag: '--env-exclude',
    variable: 'KDEV_ENV_EXCLUDE',
    placeholder: 'GLOBS',
    help: "which of the pod's variables not: AWS_*",
    isRare: true,
    asXKdev: (globs) => ({ env: { exclude: listOf(globs) } }),
  },
  {
    flag: '--env-override',
    variable: 'KDEV_ENV_OVERRIDE',
    placeholder: 'VALUES',
    help: 'values before all others: A=1,B=2',
    isRare: true,
    asXKdev: (values) => ({ env: { override: mapOf(values) } }),
  },
  {
    flag: '--env-unset',
    variable: 'KDEV_ENV_UNSET',
    placeholder: 'NAMES',
    help: 'variables that the service does not have: A,B',
    isRare: true,
    asXKdev: (names) => ({ env: { unset: listOf(names) } }),
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
    flag: '--files-read',
    variable: 'KDEV_FILES_READ',
    placeholder: 'PATHS',
    help: "further paths of the pod's container: /srv,/var/lib",
    isRare: true,
    asXKdev: (paths) => ({ files: { read: listOf(paths) } }),
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

function listOf(text: string): readonly string[] {
  return text.split(',');
}

/** `A=1,B=2`; what is no pair stays as it is, for the schema to refuse. A value with a comma is for a file. */
function mapOf(text: string): unknown {
  const pairs = listOf(text).map((pair) => [pair, pair.indexOf('=')] as const);
  if (pairs.some(([, equals]) => equals < 1)) return text;
  return Object.fromEntries(
    pairs.map(([pair, equals]) => [pair.slice(0, equals), pair.slice(equals + 1)]),
  );
}

function asBoolean(text: string): unknown {
  return text === 'true' ? true : text === 'false' ? false : text;
}

function asNumber(text: string): unknown {
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** What is no JSON object stays as it is: the schema says then what is expected. */
function asObject(text: string): unknown {
  try {
    return text.trimStart().startsWith('{') ? JSON.parse(text) : text;
  } catch {
    return text;
  }
}
