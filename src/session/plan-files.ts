import type { MountKind, TargetMount } from '../cluster/target.ts';
import type { FileMount } from '../protocol/launch.ts';

export interface FilesWanted {
  /** What the target's container mounts. */
  readonly mounts: readonly TargetMount[];
  readonly shown: 'auto' | 'off';
  /** Further paths, absolute. */
  readonly read: readonly string[];
  /** Of the paths in question, those that are no directories in the target. */
  readonly single: ReadonlySet<string>;
}

/** What the kubelet keeps fresh as small real files; everything else is read through the tunnel, when asked for. */
const materialised = new Set<MountKind>(['configMap', 'secret', 'projected', 'downwardAPI']);

export function materialisedMounts({ mounts, shown }: Pick<FilesWanted, 'mounts' | 'shown'>) {
  return shown === 'off' ? [] : mounts.filter(({ kind }) => materialised.has(kind));
}

/**
 * Which trees of the target the service sees, in the order of their paths: an outer one before those inside of it. A
 * path to read that lies in a materialised tree is there already.
 */
export function planFiles(wanted: FilesWanted): readonly FileMount[] {
  const trees = materialisedMounts(wanted).map(({ path }) => path);
  const read = wanted.read.filter(
    (path, index) =>
      wanted.read.indexOf(path) === index && !trees.some((tree) => isWithin(path, tree)),
  );
  const all = [
    ...trees.map((path) => ({ path, how: 'materialise' as const })),
    ...read.map((path) => ({ path, how: 'fuse' as const })),
  ];
  return all
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, how }, index) => ({
      path,
      how,
      stub: `m/${index}`,
      single: wanted.single.has(path),
    }));
}

function isWithin(path: string, tree: string): boolean {
  return path === tree || path.startsWith(tree.endsWith('/') ? tree : `${tree}/`);
}
