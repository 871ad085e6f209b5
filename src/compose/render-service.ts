import type { FileMount } from '../protocol/launch.ts';
import {
  escapeDollars,
  isModel,
  listAt,
  type Model,
  mapAt,
  serviceAt,
  textAt,
  unescapeDollars,
  type Value,
  without,
} from './model.ts';
import { holderName, serviceWithoutNetwork } from './render-holder.ts';
import { sidecarName } from './render-sidecar.ts';
import type { ServicePlan } from './service-plan.ts';

/** Gives a value a place in Compose's process environment, and says what refers to it in the project. */
export type KeepValue = (value: string) => string;

/**
 * The user's service in the holder's network: with the pod's variables and files, waiting for the sidecar. What kdev
 * does not touch stays as it is.
 */
export function renderService(project: Model, plan: ServicePlan, keep: KeepValue): Model {
  const service = serviceAt(project, plan.service);
  return {
    ...without(serviceWithoutNetwork(service), ['x-kdev']),
    network_mode: `service:${holderName(plan.service)}`,
    depends_on: {
      ...mapAt(service, 'depends_on'),
      [sidecarName(plan.service)]: {
        condition: 'service_healthy',
        required: true,
        // A new sidecar makes new sockets, which a running container cannot get.
        ...(plan.files.mounts.some(({ how }) => how === 'socket') ? { restart: true } : {}),
      },
    },
    ...environment(service, plan, keep),
    ...volumes(project, plan),
  };
}

function environment(service: Model, { environment: added }: ServicePlan, keep: KeepValue): Model {
  const values: Record<string, Value> = { ...mapAt(service, 'environment') };
  for (const [name, value] of added.values) values[name] = keep(value);
  // Without a value Docker takes the name away from the image's environment.
  for (const name of added.unset) values[name] = null;
  return Object.keys(values).length > 0 ? { environment: values } : {};
}

function volumes(project: Model, plan: ServicePlan): Model {
  const list = [
    ...listAt(serviceAt(project, plan.service), 'volumes'),
    ...shownMounts(project, plan).map((mount) => fileVolume(plan, mount)),
  ];
  return list.length > 0 ? { volumes: list } : {};
}

/**
 * What the user mounts at the same path goes before the pod's. Below something of the user's that is read-only there can
 * be no place for it either: Docker would have to make it there.
 */
export function shownMounts(project: Model, { service, files }: ServicePlan): readonly FileMount[] {
  const taken = mountsOf(project, service);
  return files.mounts.filter(
    ({ path }) =>
      !taken.some(
        ({ target, isReadOnly }) =>
          target === path || (isReadOnly && path.startsWith(target.replace(/\/?$/, '/'))),
      ),
  );
}

function fileVolume({ files }: ServicePlan, { path, stub, how }: FileMount): Value {
  const source = how === 'fuse' ? files.mounted?.volume : files.materialised;
  if (source === undefined) throw new Error(`no volume for the ${how} of ${path}`);
  return {
    type: 'volume',
    source,
    target: escapeDollars(path),
    read_only: true,
    volume: { subpath: stub, nocopy: true },
  };
}

interface Mount {
  readonly target: string;
  readonly isReadOnly: boolean;
}

/** All that the user mounts into the service, and what comes with the volumes of other services. */
function mountsOf(project: Model, name: string, seen: readonly string[] = []): readonly Mount[] {
  const service = serviceAt(project, name);
  const others = listAt(service, 'volumes_from').map((entry) => String(entry).split(':')[0] ?? '');
  return [
    ...volumeMounts(service),
    ...fileMounts(service, 'secrets', '/run/secrets'),
    ...fileMounts(service, 'configs', ''),
    ...listAt(service, 'tmpfs').map((entry) => mountAt(String(entry).split(':')[0], false)),
    ...others
      .filter((other) => !seen.includes(other))
      .flatMap((other) => mountsOf(project, other, [...seen, name])),
  ];
}

function volumeMounts(service: Model): readonly Mount[] {
  return listAt(service, 'volumes').flatMap((entry) =>
    isModel(entry) ? [mountAt(textAt(entry, 'target'), entry['read_only'] === true)] : [],
  );
}

/** `secrets` and `configs`: a target may be missing, or be a name only. */
function fileMounts(service: Model, key: string, folder: string): readonly Mount[] {
  return listAt(service, key).flatMap((entry) => {
    if (!isModel(entry)) return [];
    const target = textAt(entry, 'target') ?? textAt(entry, 'source') ?? '';
    return [mountAt(target.startsWith('/') ? target : `${folder}/${target}`, true)];
  });
}

function mountAt(target: string | undefined, isReadOnly: boolean): Mount {
  const path = String(unescapeDollars(target ?? ''));
  return { target: path.replace(/(?<=.)\/+$/, ''), isReadOnly };
}
