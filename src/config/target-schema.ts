import { z } from 'zod';
import { nearestName } from '../errors/nearest-name.ts';

/** `deployment/orders`. */
export const targetSchema = z
  .string()
  .regex(/^(pod|pods|po|deployment|deployments|deploy)\/[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, {
    error: ({ input }) => `expected pod/NAME or deployment/NAME${nearTarget(String(input))}`,
  })
  .transform((text) => {
    const [kind = '', name = ''] = text.split('/');
    return { kind: kind.startsWith('po') ? ('pod' as const) : ('deployment' as const), name };
  })
  .describe(
    'The pod that the service stands for: pod/NAME, or deployment/NAME for one of its pods.',
  )
  .meta({ examples: ['deployment/orders'] });

function nearTarget(text: string): string {
  const [kind = '', name] = text.split('/');
  const near = name === undefined ? 'deployment' : nearestName(kind, ['pod', 'deployment']);
  const meant = `${near}/${name ?? kind}`.toLowerCase();
  const isName = /^[a-z]+\/[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(meant);
  return near !== undefined && isName ? `, did you mean ${meant}?` : '';
}
