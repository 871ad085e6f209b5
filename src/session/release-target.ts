import type { AgentLink } from './agent-link.ts';

export type Released = 'released' | 'not reached';

/**
 * The target has its traffic back when this resolves. Where the agent does not answer, which is told, it gives it back by
 * itself.
 */
export async function releaseTarget(
  link: Pick<AgentLink, 'release'> | undefined,
  onFailure: (error: unknown) => void,
): Promise<Released> {
  try {
    await link?.release();
    return 'released';
  } catch (error) {
    onFailure(error);
    return 'not reached';
  }
}
