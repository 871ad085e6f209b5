import type { Duplex } from 'node:stream';

/**
 * Carries bytes both ways, as they are, until either pipe ends, fails or closes, or the signal aborts; then both are
 * destroyed. Back-pressure travels; half-close does not: it exists only in the streams inside.
 */
export async function splice(one: Duplex, other: Duplex, signal: AbortSignal): Promise<void> {
  const cut = () => {
    one.destroy();
    other.destroy();
  };
  signal.addEventListener('abort', cut, { once: true });
  try {
    const over = Promise.race([closed(one), closed(other)]);
    one.pipe(other);
    other.pipe(one);
    if (signal.aborted) cut();
    await over;
  } finally {
    signal.removeEventListener('abort', cut);
    cut();
  }
}

function closed(pipe: Duplex): Promise<void> {
  return new Promise((resolve) => {
    // What broke the pipe does not matter: another pair takes its place.
    pipe.on('error', () => undefined);
    pipe.once('close', resolve);
    pipe.once('end', resolve);
    if (pipe.destroyed) resolve();
  });
}
