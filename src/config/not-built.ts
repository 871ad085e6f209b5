/** What a setting asks for, and what to do as long as kdev does not have it. */
export interface NotBuilt {
  readonly what: string;
  readonly instead: string;
}

/** Keys of kdev's design that this version refuses rather than ignore. */
const keys: Readonly<Record<string, NotBuilt>> = {
  pods: {
    what: 'several pods of a target at once',
    instead: 'remove pods: one ready pod of the target is chosen',
  },
  'env.file': {
    what: 'files of variables',
    instead: "name the file in the service's env_file, which Compose reads",
  },
  'files.write': {
    what: "writing to the pod's files",
    instead: 'read them with files.read, and mount a volume of your own to write to',
  },
  'files.local': {
    what: 'paths that stay local',
    instead: "mount your own volume at the path: it goes before the pod's files",
  },
  'files.map': {
    what: "showing the pod's files at other paths",
    instead: 'name the path in files.read: it appears at the same path',
  },
  'agent.resources': {
    what: 'resource requests of the agent',
    instead: "remove agent.resources: the namespace's LimitRange applies",
  },
  'agent.tolerations': {
    what: 'tolerations of the agent',
    instead: 'remove agent.tolerations: the agent tolerates what keeps pods off its target node',
  },
  'agent.labels': {
    what: 'labels of the agent',
    instead: 'remove agent.labels: the agent has app.kubernetes.io/managed-by=kdev',
  },
};

const laterKinds = [
  'statefulset',
  'daemonset',
  'replicaset',
  'job',
  'cronjob',
  'service',
  'rollout',
];
const laterModes = ['ephemeral', 'restricted', 'targetless'];

/** Why a key or a value that the schema does not know is refused, where it is part of the design; else undefined. */
export function whatIsNotBuilt(path: readonly PropertyKey[], value: unknown): NotBuilt | undefined {
  const name = path.map(String).join('.');
  const key = keys[name];
  if (key !== undefined) return key;
  if (typeof value !== 'string') return undefined;
  if (name === 'target' || name === '') return targetKind(value);
  if (name === 'agent.mode' && laterModes.includes(value)) {
    return {
      what: `the agent mode ${value}`,
      instead: 'use agent.mode node, which needs a namespace that admits the agent',
    };
  }
  return undefined;
}

function targetKind(target: string): NotBuilt | undefined {
  const kind = target.split('/', 1)[0]?.toLowerCase().replace(/s$/, '') ?? '';
  if (target === 'none') {
    return { what: 'a service without a target', instead: 'name a pod or a deployment' };
  }
  if (!target.includes('/') || !laterKinds.includes(kind)) return undefined;
  return {
    what: `a target of the kind ${kind}`,
    instead: 'name one of its pods (pod/NAME), or a deployment (deployment/NAME)',
  };
}
