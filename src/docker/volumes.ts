import { unlessAlready } from './containers.ts';
import type { Engine } from './engine.ts';
import { labelFilter } from './labels.ts';

export interface VolumeWanted {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the `local` driver. */
  readonly options?: Readonly<Record<string, string>>;
}

/** In memory: nothing of it is ever on the disk, and it is empty again when no container uses it. */
export const inMemory = { type: 'tmpfs', device: 'tmpfs', o: 'size=256m,mode=0755' } as const;

/**
 * Makes a volume, or finds it, and says where its bytes lie on the engine's machine: the sidecar binds that directory
 * with shared propagation, which a volume mount does not offer.
 */
export async function ensureVolume(
  engine: Engine,
  volume: VolumeWanted,
): Promise<{ mountpoint: string }> {
  const { name, labels, options } = volume;
  return await engine.ask(`make the volume ${name}`, async (docker) => {
    await docker.createVolume({ Name: name, Labels: { ...labels }, DriverOpts: { ...options } });
    const { Mountpoint } = await docker.getVolume(name).inspect();
    return { mountpoint: Mountpoint };
  });
}

export async function listVolumes(
  engine: Engine,
  labels: Readonly<Record<string, string | undefined>>,
): Promise<string[]> {
  const { Volumes } = await engine.ask('list volumes', (docker) =>
    docker.listVolumes({ filters: JSON.stringify({ label: labelFilter(labels) }) }),
  );
  return (Volumes ?? []).map(({ Name }) => Name);
}

/** How many containers, running or not, have one of these volumes. */
export async function countUsers(engine: Engine, names: readonly string[]): Promise<number> {
  const list = await engine.ask('list containers', (docker) =>
    docker.listContainers({ all: true, filters: { volume: [...names] } }),
  );
  return list.length;
}

/** One that is in use stays. */
export async function removeVolume(engine: Engine, name: string): Promise<void> {
  await engine.ask(`remove the volume ${name}`, (docker) =>
    unlessAlready(docker.getVolume(name).remove()),
  );
}
