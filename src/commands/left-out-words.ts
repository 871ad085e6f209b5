import type { ServicePlan } from '../compose/service-plan.ts';

/** Variables of the pod that a service does not get, and the setting that ends the warning. */
export function leftOutWords(
  plans: readonly Pick<ServicePlan, 'service' | 'environment'>[],
): readonly string[] {
  return plans.flatMap(({ service, environment }) =>
    environment.refused.map(
      ({ name, why }) =>
        `${service}: the pod's variable ${name} is left out: ${why} (x-kdev.env.exclude silences this)`,
    ),
  );
}
