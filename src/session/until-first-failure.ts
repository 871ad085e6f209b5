/**
 * Runs all of it at once. The first failure aborts the signal that all were given, and is thrown when all have ended:
 * nothing of it goes on behind the caller's back.
 */
export async function untilFirstFailure(
  signal: AbortSignal,
  start: (signal: AbortSignal) => readonly Promise<unknown>[],
): Promise<void> {
  const over = new AbortController();
  const works = start(AbortSignal.any([signal, over.signal]));
  try {
    await Promise.all(works);
  } catch (error) {
    over.abort(error);
    await Promise.allSettled(works);
    throw error;
  }
}
