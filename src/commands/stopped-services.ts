import { dirname } from 'node:path';
import type { ContainerFact } from '../docker/containers.ts';
import type { SessionStatus } from '../session/control.ts';

/** A service that was intercepted, and whose containers wait for a start, or run on without the cluster. */
export interface StoppedService {
  readonly project: string;
  readonly directory: string;
  readonly service: string;
  /** What it stood for, in words; empty where its containers do not say. */
  readonly target: string;
  /** The engine's words for the state of its container. */
  readonly container: string;
}

/**
 * This user's services that no session serves and of which stopped containers are there; beside a session running ones too:
 * an `up` that came to nothing leaves them so.
 */
export function stoppedServices(
  containers: readonly ContainerFact[],
  sessions: readonly Pick<SessionStatus, 'project' | 'services'>[],
  root: string,
): readonly StoppedService[] {
  const served = new Set(
    sessions.flatMap(({ project, services }) => services.map((one) => keyOf({ project, ...one }))),
  );
  const hasSession = (project: string) => sessions.some((one) => one.project === project);
  return containers
    .filter(({ part }) => part === 'sidecar')
    .filter(({ isRunning, project }) => !isRunning || hasSession(project))
    .filter(({ linkFolder }) => linkFolder && dirname(dirname(linkFolder)) === root)
    .filter((sidecar) => !served.has(keyOf(sidecar)))
    .map(({ project, directory, service, target = '' }) => {
      const container = containerOf(containers, { project, service })?.status ?? '';
      return { project, directory, service, target, container };
    });
}

/** Whether its own container runs. */
export function isOutside({ container }: Pick<StoppedService, 'container'>): boolean {
  return container.startsWith('Up ');
}

/** `project service` → the engine's words for its container where it does not plainly run; empty where it has none. */
export function containerTroubles(
  containers: readonly ContainerFact[],
  sessions: readonly Pick<SessionStatus, 'project' | 'services'>[],
): ReadonlyMap<string, string> {
  const served = sessions.flatMap(({ project, services }) =>
    services.map(({ service }) => ({ project, service })),
  );
  return new Map(
    served.flatMap((one) => {
      const status = containerOf(containers, one)?.status ?? '';
      const isPlain = status.startsWith('Up ') && !status.endsWith('(Paused)');
      return isPlain ? [] : [[keyOf(one), status] as const];
    }),
  );
}

/** What became of the containers of services that do not run: `project service` → the engine's words. */
export function endedContainers(containers: readonly ContainerFact[]): ReadonlyMap<string, string> {
  return new Map(
    containers
      .filter(({ part, isRunning }) => part === 'user' && !isRunning)
      .map((container) => [keyOf(container), container.status]),
  );
}

export function keyOf({ project, service }: { project: string; service: string }): string {
  return `${project} ${service}`;
}

function containerOf(
  containers: readonly ContainerFact[],
  wanted: { project: string; service: string },
): ContainerFact | undefined {
  return containers.find((one) => one.part === 'user' && keyOf(one) === keyOf(wanted));
}
