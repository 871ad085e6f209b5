import { setTimeout as delay } from 'node:timers/promises';

export interface Wait {
  readonly deadlineMs: number;
  readonly everyMs?: number;
}

/**
 * Looks again and again until `look` does not throw any more; its result is the answer. At the deadline the error says
 * what was awaited and what was seen last.
 */
export async function eventually<T>(
  awaited: string,
  { deadlineMs, everyMs = 100 }: Wait,
  look: () => T | Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return await look();
    } catch (error) {
      const elapsedMs = performance.now() - startedAt;
      if (elapsedMs > deadlineMs) {
        const seen = error instanceof Error ? error.message : String(error);
        throw new Error(`${awaited}: not so after ${Math.round(elapsedMs)} ms; ${seen}`, {
          cause: error,
        });
      }
      await delay(everyMs);
    }
  }
}
