import { PROTOCOL_VERSION, type SidecarConfig } from '../protocol/launch.ts';
import type { NamedProject } from './container-name.ts';
import { localNames } from './local-names.ts';
import { escapeDollars, listAt, type Model, mapAt, type Value, without } from './model.ts';
import { holderName } from './render-holder.ts';
import type { ServicePlan } from './service-plan.ts';

export const sidecarName = (service: string): string => `kdev-sidecar-${service}`;

/** Where the sidecar finds what is shared with it. */
const linkDirectory = '/kdev/run';
const materialisedDirectory = '/kdev/files';
const mountedDirectory = '/kdev/mounts';

export function renderSidecar(
  project: NamedProject,
  plan: ServicePlan,
  { template, running }: { template: Model; running: ReadonlySet<string> },
): Model {
  const { 'x-fuse': _, ...plain } = template;
  const withFuse =
    plan.files.mounted === undefined ? plain : addFuse(plain, mapAt(template, 'x-fuse'));
  return {
    ...withFuse,
    image: plan.image,
    network_mode: `service:${holderName(plan.service)}`,
    environment: {
      KDEV_CONFIG: escapeDollars(
        JSON.stringify(sidecarConfig(plan, localNames(project, plan.service, running))),
      ),
    },
    volumes: volumes(plan),
  };
}

/** The capability, the device and the profile that mounting FUSE takes: only where something is mounted. */
function addFuse(sidecar: Model, fuse: Model): Model {
  const extended = Object.keys(fuse).map((key) => [
    key,
    [...listAt(sidecar, key), ...listAt(fuse, key)],
  ]);
  return { ...without(sidecar, Object.keys(fuse)), ...Object.fromEntries(extended) };
}

function sidecarConfig(
  { session, service, incoming, outgoing, dns, files }: ServicePlan,
  names: readonly string[],
) {
  const config: SidecarConfig = {
    protocol: PROTOCOL_VERSION,
    session,
    service,
    linkDirectory,
    incoming,
    outgoing,
    dns,
    localNames: names,
    files: {
      ...(files.materialised === undefined ? {} : { materialised: materialisedDirectory }),
      ...(files.mounted === undefined ? {} : { mounted: mountedDirectory }),
      mounts: files.mounts,
    },
  };
  return config;
}

function volumes({ linkDirectory: onHost, files }: ServicePlan): Value[] {
  const list: Value[] = [
    {
      type: 'bind',
      source: escapeDollars(onHost),
      target: linkDirectory,
      bind: { create_host_path: false },
    },
  ];
  if (files.materialised !== undefined) {
    list.push({ type: 'volume', source: files.materialised, target: materialisedDirectory });
  }
  if (files.mounted !== undefined) {
    const { volume, mountpoint } = files.mounted;
    list.push(
      {
        type: 'bind',
        source: escapeDollars(mountpoint),
        target: mountedDirectory,
        bind: { propagation: 'rshared', create_host_path: false },
      },
      // Held by its name too: removing the volume while a writable mount is in it would delete the pod's files.
      { type: 'volume', source: volume, target: '/kdev/held', read_only: true },
    );
  }
  return list;
}
