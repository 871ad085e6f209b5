import type { V1Pod, V1SelfSubjectAccessReview } from '@kubernetes/client-node';
import { kdevError } from '../errors/kdev-error.ts';
import { admissionRefusal } from './admission-refusal.ts';
import { agentJob, agentName, agentSecret } from './agent-manifest.ts';
import type { AgentKey, AgentPlan } from './agent-plan.ts';
import type { Raw } from './api.ts';
import { ApiRefusal, isRefusal } from './api-failure.ts';
import type { Cluster } from './cluster.ts';
import { listNames } from './list-names.ts';
import { neededRights, type Right, rightWords } from './needed-rights.ts';
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
async function checkRights(
  cluster: Cluster,
  plan: AgentPlan,
  signal: AbortSignal,
): Promise<boolean> {
  const { all, oneOf } = neededRights(plan);
  const rights = [...all, ...oneOf.flat()];
  const reviews = await Promise.all(rights.map((right) => mayI(cluster, right, signal)));
  const denied = rights.filter((_, index) => !reviews[index]);
  const missing = denied.filter((right) => all.includes(right));
  const ways = oneOf.filter((group) => group.every((right) => !denied.includes(right)));
  if (ways.length === 0) missing.push(...oneOf.flat().filter((right) => denied.includes(right)));
  if (missing.length > 0) throw rightsMissing(cluster, missing);
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

function rightsMissing(cluster: Cluster, missing: readonly Right[]): Error {
  const first = missing[0];
  const namespaces = [...new Set(missing.map(({ namespace }) => namespace))];
  const listed = namespaces.map((namespace) => {
    const here = missing.filter((right) => right.namespace === namespace);
    return `namespace ${namespace}: ${here.map(rightWords).join(', ')}`;
  });
  return kdevError('RBAC_DENIED', {
    fact: `user ${cluster.user} may not ${first ? rightWords(first) : ''} in namespace ${namespaces[0]}${missing.length > 1 ? `, and ${missing.length - 1} more` : ''}`,
    evidence: listed.join('\n'),
    hints: [
      {
        who: 'admin',
        text: 'binds the role that docs/cluster.md#rights lists, or the stock one that holds it all',
        command: `kubectl create rolebinding kdev --clusterrole edit --user USER -n ${namespaces[0]}`,
      },
      {
        who: 'you',
        text: 'see what the cluster says',
        command: `kubectl auth can-i ${first ? rightWords(first) : ''} -n ${namespaces[0]}`,
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
    hints: [{ who: 'you', text: 'set x-kdev.agent.namespace to one that exists' }],
  });
}
