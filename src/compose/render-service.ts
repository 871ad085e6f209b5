import type { FileMount } from '../protocol/launch.ts';
import {
  escapeDollars,
  isModel,
  listAt,
  type Model,
  mapAt,
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
 * does not touch stays as it is. A profile goes, since whoever plans the service wants it to run.
 */
export function renderService(service: Model, plan: ServicePlan, keep: KeepValue): Model {
  return {
    ...without(serviceWithoutNetwork(service), ['x-kdev', 'profiles']),
    network_mode: `service:${holderName(plan.service)}`,
    depends_on: {
      ...mapAt(service, 'depends_on'),
      [sidecarName(plan.service)]: { condition: 'service_healthy', required: true },
    },
    ...environment(service, plan, keep),
    ...volumes(service, plan),
  };
}

function environment(service: Model, { environment: added }: ServicePlan, keep: KeepValue): Model {
  const values: Record<string, Value> = { ...mapAt(service, 'environment') };
  for (const [name, value] of added.values) values[name] = keep(value);
  // Without a value Docker takes the name away from the image's environment.
  for (const name of added.unset) values[name] = null;
  return Object.keys(values).length > 0 ? { environment: values } : {};
}

function volumes(service: Model, plan: ServicePlan): Model {
  const list = [
    ...listAt(service, 'volumes'),
    ...shownMounts(service, plan).map((mount) => fileVolume(plan, mount)),
  ];
  return list.length > 0 ? { volumes: list } : {};
}

/** What the user mounts at the same path goes before the pod's. */
export function shownMounts(service: Model, { files }: ServicePlan): readonly FileMount[] {
  const taken = mountTargets(service);
  return files.mounts.filter(({ path }) => !taken.has(path));
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

function mountTargets(service: Model): Set<string> {
  const targets = ['volumes', 'secrets', 'configs'].flatMap((key) =>
    listAt(service, key).flatMap((entry) => (isModel(entry) ? [textAt(entry, 'target')] : [])),
  );
  const tmpfs = listAt(service, 'tmpfs').map((entry) => String(entry).split(':')[0]);
  return new Set(
    [...targets, ...tmpfs].flatMap((target) =>
      target === undefined ? [] : [String(unescapeDollars(target)).replace(/(?<=.)\/+$/, '')],
    ),
  );
}
