import type { ErrorName } from '../errors/catalogue.ts';
import { type ErrorWords, type KdevError, kdevError } from '../errors/kdev-error.ts';
import { requestWords } from './agent-resources.ts';
import { bounded, parseDenied } from './api-failure.ts';

/** Where an agent was refused. */
export interface Refused {
  readonly message: string;
  readonly namespace: string;
  /** What kdev knows about the object: `the agent's pod`. */
  readonly what: string;
}

/**
 * Sorts the API server's refusal of a pod or Job by who can do something about it. undefined: it is no admission's
 * refusal (RBAC, or something else).
 */
export function admissionRefusal(refused: Refused, cause: unknown): KdevError | undefined {
  if (parseDenied(refused.message)) return undefined;
  const found = kinds.find(({ pattern }) => pattern.test(refused.message));
  return found && kdevError(found.name, { ...found.words(refused), cause });
}

type Words = Omit<ErrorWords, 'cause'>;

interface RefusalKind {
  readonly pattern: RegExp;
  readonly name: ErrorName;
  readonly words: (refused: Refused) => Words;
}

const kinds: readonly RefusalKind[] = [
  // k8s.io/pod-security-admission/admission: `violates PodSecurity "baseline:latest": …`
  { pattern: /violates PodSecurity/, name: 'POD_SECURITY_REFUSED', words: podSecurity },
  // apiserver's resourcequota plugin, and LimitRanger.
  { pattern: /exceeded quota|failed quota|quota/i, name: 'QUOTA_EXCEEDED', words: quota },
  {
    pattern: /(minimum|maximum) (cpu|memory|.* usage)|limit to request ratio/i,
    name: 'QUOTA_EXCEEDED',
    words: quota,
  },
  {
    pattern: /admission webhook|ValidatingAdmissionPolicy|denied the request|is forbidden/,
    name: 'ADMISSION_REFUSED',
    words: otherRule,
  },
];

function podSecurity({ message, namespace, what }: Refused): Words {
  const [, policy = '', violations = message] =
    /violates PodSecurity "([^"]+)": ([\s\S]*)/.exec(message) ?? [];
  const level = policy.split(':')[0] ?? '';
  return {
    fact: `the cluster refuses ${what} in namespace ${namespace}`,
    evidence: bounded(`Pod Security "${level}" forbids: ${violations}`),
    hints: [
      {
        who: 'admin',
        text: 'lets privileged pods into this namespace',
        command: `kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=privileged --overwrite`,
      },
      {
        who: 'admin',
        text: 'or offers a namespace for agents: x-kdev.agent.namespace (docs/cluster.md#a-namespace-for-agents)',
      },
    ],
  };
}

function quota({ message, namespace, what }: Refused): Words {
  return {
    fact: `namespace ${namespace} has no room for ${what}`,
    evidence: withoutObject(message),
    hints: [
      {
        who: 'admin',
        text: `see what is used and allowed; the agent asks for ${requestWords}`,
        command: `kubectl describe quota,limitrange -n ${namespace}`,
      },
    ],
  };
}

function otherRule({ message, namespace, what }: Refused): Words {
  return {
    fact: `an admission rule of the cluster refuses ${what} in namespace ${namespace}`,
    evidence: withoutObject(message),
    hints: [
      {
        who: 'admin',
        text: 'lets the agent pass (docs/cluster.md#what-kdev-creates says what it asks for), or offers a namespace that does: x-kdev.agent.namespace',
      },
    ],
  };
}

/** Without `pods "kdev-agent-…" is forbidden: `: the name means nothing to the reader. */
function withoutObject(message: string): string {
  return bounded(message.replace(/^.*?is forbidden: /, ''));
}
