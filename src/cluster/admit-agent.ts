import type {
  V1Pod,
  V1SelfSubjectAccessReview,
  V1SelfSubjectReview,
} from '@kubernetes/client-node';
import { kdevError } from '../errors/kdev-error.ts';
import { admissionRefusal } from './admission-refusal.ts';
import { agentJob, agentName, agentSecret } from './agent-manifest.ts';
import type { AgentKey, AgentPlan } from './agent-plan.ts';
import type { Raw } from './api.ts';
import { ApiRefusal, isRefusal } from './api-failure.ts';
import type { Cluster } from './cluster.ts';
import { listNames } from './list-names.ts';
import { neededRights, type Right, rightWords, type WhereAgent } from './needed-rights.ts';
import { offerNames } from './offered-names.ts';
import { jobsPath, podsPath, secretsPath } from './paths.ts';

/** What was found out before anything was created. */
export interface Admission {
  /** Whether `pods/proxy`, the first rung of the cluster leg, is allowed. */
  readonly mayProxy: boolean;
  /** Warnings of the API server about the agent, e.g. of a Pod Security level that only warns. */
  readonly warnings: readonly string[];
}

/** Asks the API server whether it will take the agent, without creating anything. */
export async function admitAgent(
  cluster: Cluster,
  plan: AgentPlan,
  signal: AbortSignal,
): Promise<Admission> {
  const [mayProxy, warnings] = await Promise.all([
    checkRights(cluster, plan, signal),
    rehearse(cluster, plan, signal),
  ]);
  return { mayProxy, warnings };
}

/** Rights first: where one is missing, the rehearsal's refusals say no more than that. */
export async function checkRights(
  cluster: Cluster,
  plan: WhereAgent,
  signal: AbortSignal,
): Promise<boolean> {
  const { all, oneOf } = neededRights(plan);
  const rights = [...all, ...oneOf.flat()];
  const reviews = await Promise.all(rights.map((right) => mayI(cluster, right, signal)));
  const denied = rights.filter((_, index) => !reviews[index]);
  const missing = denied.filter((right) => all.includes(right));
  const ways = oneOf.filter((group) => group.every((right) => !denied.includes(right)));
  if (ways.length === 0) missing.push(...oneOf.flat().filter((right) => denied.includes(right)));
  const [first, ...more] = missing;
  if (first) throw rightsMissing(await whoAmI(cluster, signal), [first, ...more]);
  return ways.some((group) => group.some(({ subresource }) => subresource === 'proxy'));
}

async function mayI(
  { api }: Cluster,
  { verb, group, resource, subresource, namespace }: Right,
  signal: AbortSignal,
): Promise<boolean> {
  const attributes = { verb, group, resource, namespace, ...(subresource ? { subresource } : {}) };
  const body: V1SelfSubjectAccessReview = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: attributes },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const answer = await api.ask<Raw<V1SelfSubjectAccessReview>>(
    { method: 'POST', path, body },
    signal,
  );
  return answer.body.status?.allowed ?? false;
}

/** The user as the cluster knows it: the kubeconfig's name for it means nothing to an admin. */
async function whoAmI({ api }: Cluster, signal: AbortSignal): Promise<string> {
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  try {
    const review = await api.ask<Raw<V1SelfSubjectReview>>({ method: 'POST', path, body }, signal);
    return review.body.status?.userInfo?.username ?? api.user;
  } catch {
    // Before 1.28 nobody could ask. An error is on its way, which must not be lost over it.
    signal.throwIfAborted();
    return api.user;
  }
}

function rightsMissing(user: string, missing: readonly [Right, ...Right[]]): Error {
  const [first, ...more] = missing;
  const others = more.length > 0 ? `, and ${more.length} more` : '';
  const namespaces = [...new Set(missing.map(({ namespace }) => namespace))];
  const listed = namespaces.map((namespace) => {
    const here = missing.filter((right) => right.namespace === namespace);
    return `namespace ${namespace}: ${here.map(rightWords).join(', ')}`;
  });
  const bind = `kubectl create rolebinding kdev --clusterrole edit --user ${user}`;
  return kdevError('RBAC_DENIED', {
    fact: `user ${user} may not ${rightWords(first)} in namespace ${first.namespace}${others}`,
    evidence: listed.join('\n'),
    hints: [
      {
        who: 'admin',
        text: 'binds the stock role that holds it all; docs/cluster.md#rights lists the least',
        command: `${bind} -n ${first.namespace}`,
      },
      {
        who: 'you',
        text: 'see what the cluster says',
        command: `kubectl auth can-i ${rightWords(first)} -n ${first.namespace}`,
      },
    ],
  });
}

/** A key of the right length that never leaves this function: the rehearsal's Secret is not stored. */
const rehearsalKey: AgentKey = { id: '0'.repeat(32), secret: Buffer.alloc(32) };

/** Creates nothing (`dryRun=All`): the Job, the Secret, and the pod, which Pod Security and quotas judge on its own. */
async function rehearse(
  cluster: Cluster,
  plan: AgentPlan,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const job = agentJob(plan, rehearsalKey);
  const { metadata, spec } = job.spec?.template ?? {};
  const pod: V1Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name: `${agentName(plan)}-0`, namespace: plan.namespace },
    ...(spec ? { spec } : {}),
  };
  const secret = agentSecret(plan, rehearsalKey);
  const { namespace } = plan;
  const warnings = await Promise.all([
    rehearseOne(
      cluster,
      { path: podsPath(namespace), body: pod, what: "the agent's pod", plan },
      signal,
    ),
    rehearseOne(
      cluster,
      { path: jobsPath(namespace), body: job, what: "the agent's Job", plan },
      signal,
    ),
    rehearseOne(
      cluster,
      { path: secretsPath(namespace), body: secret, what: "the agent's Secret", plan },
      signal,
    ),
  ]);
  return [...new Set(warnings.flat())];
}

interface Rehearsal {
  readonly path: string;
  readonly body: object;
  readonly what: string;
  readonly plan: AgentPlan;
}

async function rehearseOne(
  cluster: Cluster,
  { path, body, what, plan }: Rehearsal,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const query = { dryRun: 'All' };
    return (await cluster.api.ask({ method: 'POST', path, query, body }, signal)).warnings;
  } catch (error) {
    if (isRefusal(error, 404)) throw await noNamespace(cluster, plan.namespace, signal);
    if (!(error instanceof ApiRefusal)) throw error;
    const { namespace } = plan;
    const refusal = admissionRefusal({ message: error.evidence ?? '', namespace, what }, error);
    if (refusal) throw refusal;
    // The Job's controller makes the pod: the user need not be allowed to, and then the pod is judged when it comes.
    if (error.status === 403) return [];
    throw error;
  }
}

async function noNamespace(
  cluster: Cluster,
  namespace: string,
  signal: AbortSignal,
): Promise<Error> {
  const names = await listNames(cluster, '/api/v1/namespaces', signal);
  return kdevError('NAMESPACE_UNKNOWN', {
    fact: `cluster ${cluster.context.value} has no namespace ${namespace} for the agent`,
    ...(names ? { evidence: offerNames(namespace, names, 'namespaces') } : {}),
    hints: [
      { who: 'you', text: 'give --agent-namespace or x-kdev.agent.namespace one that exists' },
    ],
  });
}
