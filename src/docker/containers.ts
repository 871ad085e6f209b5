import type { Engine } from './engine.ts';
import {
  composeFolderLabel,
  composeProjectLabel,
  composeServiceLabel,
  labelFilter,
  linkLabel,
  partLabel,
  serviceLabel,
  sessionLabel,
  targetLabel,
} from './labels.ts';

/** What a container is to kdev: one of the two that it adds, or the user's own. */
export type Part = 'holder' | 'sidecar' | 'user';

export interface ContainerFact {
  readonly id: string;
  readonly name: string;
  readonly part: Part;
  /** The compose project and its folder. */
  readonly project: string;
  readonly directory: string;
  /** The service's name in the user's project. */
  readonly service: string;
  readonly session: string | undefined;
  /** Where its session meets the sidecar; of kdev's own containers only. */
  readonly linkFolder: string | undefined;
  /** What its service stands for, in words; of sidecars only. */
  readonly target: string | undefined;
  readonly isRunning: boolean;
  /** Of the container whose network it has joined. */
  readonly networkOf: string | undefined;
  /** The service of the rendered project that it is of. */
  readonly composeService: string;
  /** The id of its image. */
  readonly image: string;
  /** The engine's own words, e.g. `Exited (137) 3 seconds ago`. */
  readonly status: string;
}

/** Containers, running or not, that carry all of these labels. */
export async function listContainers(
  engine: Engine,
  labels: Readonly<Record<string, string | undefined>>,
): Promise<ContainerFact[]> {
  const list = await engine.ask('list containers', (docker) =>
    docker.listContainers({ all: true, filters: { label: labelFilter(labels) } }),
  );
  return list.map(({ Id, Names, Labels, State, Status, HostConfig, ImageID }) => ({
    id: Id,
    composeService: Labels[composeServiceLabel] ?? '',
    image: ImageID,
    name: (Names[0] ?? Id).replace(/^\//, ''),
    part: partOf(Labels),
    project: Labels[composeProjectLabel] ?? '',
    directory: Labels[composeFolderLabel] ?? '',
    service: Labels[serviceLabel] ?? Labels[composeServiceLabel] ?? '',
    session: Labels[sessionLabel],
    linkFolder: Labels[linkLabel],
    target: Labels[targetLabel],
    isRunning: State === 'running' || State === 'restarting',
    networkOf: /^container:(.*)$/.exec(HostConfig.NetworkMode)?.[1],
    status: Status,
  }));
}

export function partOf(labels: Readonly<Record<string, string>>): Part {
  const part = labels[partLabel];
  if (part === 'holder' || part === 'sidecar') return part;
  return 'user';
}

export async function startContainer(engine: Engine, id: string): Promise<void> {
  await engine.ask('start a container', (docker) => unlessAlready(docker.getContainer(id).start()));
}

/** Without a time of grace it has its own: what it was made with, else 10 s. */
export async function stopContainer(engine: Engine, id: string, graceSeconds?: number) {
  const options = graceSeconds === undefined ? {} : { t: graceSeconds };
  await engine.ask('stop a container', (docker) =>
    unlessAlready(docker.getContainer(id).stop(options)),
  );
}

export async function signalContainer(engine: Engine, id: string, signal: NodeJS.Signals) {
  await engine.ask('signal a container', (docker) => docker.getContainer(id).kill({ signal }));
}

export async function restartContainer(engine: Engine, id: string, graceSeconds: number) {
  await engine.ask('restart a container', (docker) =>
    docker.getContainer(id).restart({ t: graceSeconds }),
  );
}

/** Kills where needed and removes; its anonymous volumes too. A container that is gone already counts as removed. */
export async function removeContainer(engine: Engine, id: string): Promise<void> {
  await engine.ask('remove a container', (docker) =>
    unlessAlready(docker.getContainer(id).remove({ force: true, v: true })),
  );
}

/** 304: in that state already; 404: gone; 409: being removed. */
export async function unlessAlready(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 0;
    if (status !== 304 && status !== 404 && status !== 409) throw error;
  }
}
