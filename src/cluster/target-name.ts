import { kdevError } from '../errors/kdev-error.ts';
import { nearestName } from '../errors/nearest-name.ts';
import type { TargetKind } from './target.ts';

export interface TargetName {
  readonly kind: TargetKind;
  readonly name: string;
}

/** kubectl's names for the kinds that kdev knows how to follow to a pod. */
const kinds: Readonly<Record<string, TargetKind>> = {
  pod: 'pod',
  pods: 'pod',
  po: 'pod',
  deployment: 'deployment',
  deployments: 'deployment',
  deploy: 'deployment',
  'deployments.apps': 'deployment',
  'deployment.apps': 'deployment',
};

const notYet: ReadonlySet<string> = new Set([
  ...['statefulset', 'statefulsets', 'sts', 'daemonset', 'daemonsets', 'ds'],
  ...['replicaset', 'replicasets', 'rs', 'job', 'jobs', 'cronjob', 'cronjobs'],
  ...['service', 'services', 'svc', 'rollout', 'rollouts'],
]);

/** `deployment/orders` → its parts. */
export function parseTargetName(text: string): TargetName {
  const [kindText = '', name = '', ...more] = text.split('/');
  const kind = Object.hasOwn(kinds, kindText.toLowerCase())
    ? kinds[kindText.toLowerCase()]
    : undefined;
  if (kind && name !== '' && more.length === 0) return { kind, name };
  if (notYet.has(kindText.toLowerCase())) {
    throw kdevError('SETTING_NOT_BUILT', {
      fact: `a target of kind ${kindText} is not built yet`,
      hints: [{ who: 'you', text: 'name one of its pods: target: pod/NAME' }],
    });
  }
  const nearest = kind ? undefined : nearestName(kindText, ['pod', 'deployment']);
  throw kdevError('X_KDEV_INVALID_VALUE', {
    fact: `target ${text} is neither pod/NAME nor deployment/NAME`,
    hints: [
      {
        who: 'you',
        text:
          nearest && name ? `write target: ${nearest}/${name}` : 'write target: deployment/NAME',
      },
    ],
  });
}
