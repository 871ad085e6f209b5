import { containerName } from './container-name.ts';
import { isModel, listAt, type Model, mapAt, serviceAt, textAt } from './model.ts';
import type { ResolvedProject } from './read-project.ts';
import { holderName } from './render-holder.ts';
import { sidecarName } from './render-sidecar.ts';
import { scaleOf } from './service-scale.ts';

export interface Made {
  readonly kind: 'image' | 'network' | 'volume' | 'container';
  readonly name: string;
  /** What it is for; empty where its name says it. */
  readonly what: string;
}

export interface Making {
  /** The rendered project. */
  readonly model: Model;
  readonly separator: ResolvedProject['separator'];
  /** The user's services of which containers are made. */
  readonly services: readonly string[];
  /** Services whose holder and sidecar are made. */
  readonly intercepted: readonly string[];
  readonly scales: ReadonlyMap<string, number>;
}

/** All that Compose makes in Docker, or finds there, for these services: by its names. */
export function madeByUp(making: Making): readonly Made[] {
  const { model, services, intercepted } = making;
  const parts = intercepted.flatMap((name) => [holderName(name), sidecarName(name)]);
  const all = [...parts, ...services];
  return [
    ...distinct(all.map((name) => ({ kind: 'image', name: imageOf(making, name), what: '' }))),
    ...named(
      model,
      'networks',
      usedBy(all, (service) => Object.keys(mapAt(service, 'networks'))),
    ),
    ...named(model, 'volumes', usedBy(all, volumesOf)),
    ...intercepted.flatMap((name) => [
      ...containers(making, holderName(name), `the holder of ${name}`),
      ...containers(making, sidecarName(name), `the sidecar of ${name}`),
    ]),
    ...services.flatMap((name) => containers(making, name, '')),
  ];

  function usedBy(names: readonly string[], keysOf: (service: Model) => string[]): string[] {
    return [...new Set(names.flatMap((name) => keysOf(serviceAt(model, name))))];
  }
}

function distinct(all: readonly Made[]): readonly Made[] {
  return all.filter(({ name }, index) => all.findIndex((one) => one.name === name) === index);
}

/** A service without an image is built, and its image is called after it. */
export function imageOf({ model, separator }: Pick<Making, 'model' | 'separator'>, name: string) {
  const own = textAt(serviceAt(model, name), 'image');
  return own ?? [textAt(model, 'name') ?? '', name].join(separator);
}

function volumesOf(service: Model): string[] {
  return listAt(service, 'volumes').flatMap((volume) =>
    isModel(volume) && volume['type'] === 'volume' ? [textAt(volume, 'source') ?? ''] : [],
  );
}

/** Those of the project's own making; what is external is somebody else's, but for kdev's volumes. */
function named(model: Model, list: 'networks' | 'volumes', keys: readonly string[]): Made[] {
  const kind = list === 'networks' ? 'network' : 'volume';
  const project = textAt(model, 'name') ?? '';
  return keys.flatMap((key) => {
    if (key === '') return [];
    const declared = mapAt(mapAt(model, list), key);
    const name = textAt(declared, 'name') ?? `${project}_${key}`;
    const isOurs = name.startsWith(`${project}_kdev-`);
    if (declared['external'] === true && !isOurs) return [];
    return [{ kind, name, what: isOurs ? "the pod's files, made by the session" : '' } as const];
  });
}

function containers(making: Making, service: string, what: string): Made[] {
  return Array.from({ length: scaleOf(making.model, service, making.scales) }, (_, index) => ({
    kind: 'container',
    name: containerName(making, service, index + 1),
    what,
  }));
}
