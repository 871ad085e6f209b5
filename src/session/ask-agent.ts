import { isKdevError, kdevError } from '../errors/kdev-error.ts';
import type { AgentLink } from './agent-link.ts';
import { pause } from './pause.ts';

export interface Asked {
  readonly service: string;
  /** The link to the agent that there is now, if there is one. */
  readonly linkNow: () => AgentLink | undefined;
  readonly nowMs: () => number;
  /** What is known of why there is none. */
  readonly why: () => string | undefined;
}

/** An agent is replaced in seconds. */
const askMs = 30_000;
const againMs = 200;

/** Asks the agent of a service; where it is being replaced, the next one. */
export async function askAgent<T>(
  asked: Asked,
  question: (link: AgentLink) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const deadlineMs = asked.nowMs() + askMs;
  for (;;) {
    const link = asked.linkNow();
    try {
      return await question(link ?? throwAbsent(asked));
    } catch (error) {
      // A question may break just before the agent is known to be gone.
      await pause(againMs, signal);
      signal.throwIfAborted();
      const isReplaced = link !== asked.linkNow();
      if (asked.nowMs() > deadlineMs || !(isReplaced || isBroken(error))) throw error;
    }
  }
}

function throwAbsent({ service, why }: Asked): never {
  const evidence = why();
  throw kdevError('AGENT_NOT_READY', {
    fact: `${service} has no agent, and none came within ${askMs / 1_000} s`,
    ...(evidence === undefined ? {} : { evidence }),
    hints: [
      { who: 'you', text: 'tells what was tried', command: `kdev logs ${service} --session` },
    ],
  });
}

/** The link ended; whether for good, the watch over the agent tells. */
function isBroken(error: unknown): boolean {
  if (isKdevError(error, 'AGENT_NOT_READY')) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return ['ECONNRESET', 'EPIPE', 'ESTALE', 'ETIMEDOUT', 'ECANCELED'].includes(code);
}
