import type { Engine } from './engine.ts';

/** What has become of a container. */
export interface ContainerEnd {
  readonly isRunning: boolean;
  /** undefined: it has never run. */
  readonly exitCode: number | undefined;
  /** The engine's words where it could not start it. */
  readonly error: string;
}

/** undefined: there is no such container any more. */
export async function containerEnd(engine: Engine, id: string): Promise<ContainerEnd | undefined> {
  try {
    const { State } = await engine.ask('inspect a container', (docker) =>
      docker.getContainer(id).inspect(),
    );
    const hasRun = State.Running || State.Status !== 'created' || State.Error !== '';
    return {
      isRunning: State.Running,
      exitCode: hasRun ? State.ExitCode : undefined,
      error: State.Error,
    };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return Object(error).statusCode === 404 || Object(cause).statusCode === 404;
}
