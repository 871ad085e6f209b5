import type { V1Deployment, V1LabelSelectorRequirement } from '@kubernetes/client-node';
import type { Raw } from './api.ts';
import type { RawPod } from './pod-container.ts';

export type RawDeployment = Raw<V1Deployment>;

/** A deployment's selector in the text form of a query. */
export function selectorText({ spec }: RawDeployment): string {
  const { matchLabels, matchExpressions } = spec?.selector ?? {};
  const labels = Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  return [...labels, ...(matchExpressions ?? []).map(requirementText)].join(',');
}

function requirementText({ key, operator, values }: V1LabelSelectorRequirement): string {
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  return `${key} ${operator === 'NotIn' ? 'notin' : 'in'} (${(values ?? []).join(',')})`;
}

/** Another deployment's selector may match the same pods: those of this one hang on its own replica sets. */
export function ownPods(deployment: RawDeployment, pods: readonly RawPod[]): readonly RawPod[] {
  return pods.filter((pod) => {
    const owner = pod.metadata?.ownerReferences?.find(({ controller }) => controller);
    const hash = pod.metadata?.labels?.['pod-template-hash'];
    return owner?.kind === 'ReplicaSet' && owner.name === `${deployment.metadata?.name}-${hash}`;
  });
}
