import { setMaxListeners } from 'node:events';

/** What is awaited, for how long, and who else may end the wait. */
export interface Wait {
  /** Completes the sentence "… took longer than 4 s". */
  readonly what: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
  readonly code = 'ETIMEDOUT';

  constructor({ what, timeoutMs }: Pick<Wait, 'what' | 'timeoutMs'>) {
    super(`${what} took longer than ${timeoutMs / 1000} s`);
  }
}

/**
 * Runs `work` with a signal that fires with the caller's or at the deadline, and settles then at the latest: with the
 * caller's reason, or with DeadlinePassed.
 */
export async function withDeadline<T>(
  wait: Wait,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  wait.signal.throwIfAborted();
  mayHaveMany(wait.signal);
  const controller = new AbortController();
  const stop = (): void => controller.abort(wait.signal.reason);
  const timer = setTimeout(() => controller.abort(new DeadlinePassed(wait)), wait.timeoutMs);
  wait.signal.addEventListener('abort', stop, { once: true });
  const aborted = new Promise<never>((_, reject) => {
    const fail = (): void => reject(controller.signal.reason);
    controller.signal.addEventListener('abort', fail, { once: true });
  });
  try {
    return await Promise.race([work(controller.signal), aborted]);
  } finally {
    clearTimeout(timer);
    wait.signal.removeEventListener('abort', stop);
  }
}

/** Waits for work that cannot be cancelled, no longer than the signal allows. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  mayHaveMany(signal);
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Requests run side by side under one signal, more of them than Node's warning of a leak allows for. */
function mayHaveMany(signal: AbortSignal): void {
  setMaxListeners(0, signal);
}
