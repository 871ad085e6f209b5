import {
  awaitedContainer,
  composeFailure,
  type FailedCompose,
  serviceOfSidecar,
} from '../compose/compose-failure.ts';
import type { KdevError } from '../errors/kdev-error.ts';
import { findSession } from '../session/join-session.ts';
import type { Work } from './work.ts';

/**
 * Compose's failure as an error. Where Compose waited for a container in vain, only that container knows why, and only as
 * long as it is there: ask before anything is removed. Why a sidecar has no way to the agent, the session knows.
 */
export async function whyComposeFailed(
  { project, environment }: Pick<Work, 'project' | 'environment'>,
  failed: Pick<FailedCompose, 'exitCode' | 'stderr' | 'isRemoved'>,
): Promise<KdevError> {
  const container = awaitedContainer(failed.stderr);
  if (container === undefined) return composeFailure({ ...failed, environment });
  const service = serviceOfSidecar(container);
  const words = await Promise.all([
    wordsOf(container),
    service === undefined ? undefined : sessionWords(project.name, service),
  ]);
  const containerWords = words.filter(Boolean).join('\n') || undefined;
  return composeFailure({ ...failed, environment, containerWords });
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

async function sessionWords(project: string, service: string): Promise<string | undefined> {
  const session = await findSession(project);
  try {
    const status = await session?.call('status', {});
    const pipe = status?.services.find((one) => one.service === service)?.pipe;
    return pipe && !pipe.up ? `the session says: no pipe to the agent: ${pipe.why}` : undefined;
  } catch {
    return undefined;
  } finally {
    session?.close();
  }
}
