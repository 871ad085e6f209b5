import { setTimeout as sleep } from 'node:timers/promises';
import { isKdevError, type KdevError, kdevError } from '../errors/kdev-error.ts';
import type { Cluster } from './cluster.ts';
import { findTarget } from './find-target.ts';
import type { Target, TargetQuery } from './target.ts';
import { withDeadline } from './with-deadline.ts';

const LOOK_EVERY_MS = 300;

export interface Succession {
  /** The target whose pod leaves or is gone. */
  readonly former: Target;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The pod that takes the place of the former one, as soon as it is ready; an API server out of reach is waited for. */
export async function findSuccessor(
  cluster: Cluster,
  query: TargetQuery,
  { former, timeoutMs, signal }: Succession,
): Promise<Target> {
  const seen: { why?: KdevError } = {};
  const wait = { what: `a new pod of ${former.name}`, timeoutMs, signal };
  try {
    return await withDeadline(wait, async (deadline) => {
      for (;;) {
        const target = await look(cluster, query, seen, deadline);
        if (target && target.podUid !== former.podUid) return target;
        await sleep(LOOK_EVERY_MS, undefined, { signal: deadline });
      }
    });
  } catch (error) {
    signal.throwIfAborted();
    throw noSuccessor(former, timeoutMs, seen.why ?? error);
  }
}

async function look(
  cluster: Cluster,
  query: TargetQuery,
  seen: { why?: KdevError },
  signal: AbortSignal,
): Promise<Target | undefined> {
  try {
    return await findTarget(cluster, query, signal);
  } catch (error) {
    if (!isKdevError(error)) throw error;
    seen.why = error;
    return undefined;
  }
}

function noSuccessor(former: Target, timeoutMs: number, cause: unknown): KdevError {
  const words = isKdevError(cause) ? [cause.fact, cause.evidence ?? ''].join('\n').trim() : '';
  return kdevError('TARGET_GONE', {
    fact: `pod ${former.pod} of ${former.name} is gone, and no other became ready within ${timeoutMs / 1000} s`,
    ...(words ? { evidence: words } : {}),
    hints: [
      {
        who: 'admin',
        text: 'sees what holds a new pod up',
        command: `kubectl get pods -n ${former.namespace}`,
      },
    ],
    cause,
  });
}
