import { awaitedContainer, composeFailure } from '../compose/compose-failure.ts';
import type { KdevError } from '../errors/kdev-error.ts';
import type { Work } from './work.ts';

/**
 * Compose's failure as an error. Where Compose waited for a container in vain, only that container knows why, and only as
 * long as it is there: ask before anything is removed.
 */
export async function whyComposeFailed(
  { environment }: Pick<Work, 'environment'>,
  exitCode: number,
  stderr: string,
): Promise<KdevError> {
  const container = awaitedContainer(stderr);
  const containerWords = container === undefined ? undefined : await wordsOf(container);
  return composeFailure({ exitCode, stderr, environment, containerWords });
}

async function wordsOf(container: string): Promise<string | undefined> {
  const { containerWords } = await import('../docker/container-words.ts');
  const { connectEngine } = await import('../docker/engine.ts');
  try {
    return await containerWords(await connectEngine(), container);
  } catch {
    // It has gone meanwhile; Compose's own words have to do.
    return undefined;
  }
}
