import type { LeaveOutRule, ServicePlan } from '../compose/service-plan.ts';
import type { ServiceSettings } from '../config/settings.ts';
import { counted } from '../screen/counted.ts';

type Origins = Readonly<Partial<ServiceSettings['origins']>>;

const namesShown = 4;
const rules: readonly LeaveOutRule[] = [
  'image',
  'compose',
  'include',
  'exclude',
  'override',
  'unset',
];

/** What a service has of its pod, as known once the agent answers: variables and files, a line each. */
export function factWords(
  { environment }: Pick<ServicePlan, 'environment'>,
  origins: Origins,
  shadowed: readonly string[],
): readonly string[] {
  return [
    variableWords(environment, origins),
    ...environment.refused.map(
      ({ name, why }) =>
        `${name} of the pod is left out: ${why} (x-kdev.env.exclude silences this)`,
    ),
    ...shadowed.map((path) => `${path} of the pod is not shown: the service mounts its own there`),
  ];
}

/** `14 variables of the pod · left out: HOME, PATH (of its image) · AWS_KEY (env.exclude, x-kdev in compose.yaml:14)` */
function variableWords({ fromPod, leftOut }: ServicePlan['environment'], origins: Origins): string {
  const groups = rules.flatMap((rule) => {
    const names = leftOut
      .filter((one) => one.rule === rule)
      .map(({ name }) => name)
      .sort();
    return names.length === 0 ? [] : [`${someOf(names)} (${ruleWords(rule, origins)})`];
  });
  const count = `${counted(fromPod, 'variable')} of the pod`;
  return groups.length === 0 ? count : `${count} · left out: ${groups.join(' · ')}`;
}

function someOf(names: readonly string[]): string {
  const more = names.length - namesShown;
  if (more <= 1) return names.join(', ');
  return `${names.slice(0, namesShown).join(', ')} and ${more} more`;
}

/** Why a variable of the pod is left out. */
export function ruleWords(rule: LeaveOutRule, origins: Origins): string {
  if (rule === 'image') return 'its image has its own';
  if (rule === 'compose') return 'yours goes before';
  const from = origins[`env.${rule}`]?.words;
  return `env.${rule}${from === undefined ? '' : `, ${from}`}`;
}
