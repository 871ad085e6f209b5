import type { MountKind, TargetMount } from '../cluster/target.ts';
import type { FileMount } from '../protocol/launch.ts';

export interface FilesWanted {
  /** What the target's container mounts. */
  readonly mounts: readonly TargetMount[];
  readonly shown: 'auto' | 'off';
  /** Further paths, absolute. */
  readonly read: readonly string[];
  /** Paths of unix sockets, absolute. */
  readonly sockets: readonly string[];
}

/** What the kubelet keeps fresh as small real files; everything else is read through the tunnel, when asked for. */
const materialised = new Set<MountKind>(['configMap', 'secret', 'projected', 'downwardAPI']);

/**
 * Which trees of the target the service sees, in the order of their paths: an outer one before those inside of it. A
 * path to read that lies in a materialised tree is there already.
 */
export function planFiles({ mounts, shown, read, sockets }: FilesWanted): readonly FileMount[] {
  const kept = shown === 'off' ? [] : mounts.filter(({ kind }) => materialised.has(kind));
  const trees = kept.map(({ path }) => path);
  const further = [...new Set(read)].filter((path) => !trees.some((tree) => isWithin(path, tree)));
  const all = [
    ...trees.map((path) => ({ path, how: 'materialise' as const })),
    ...further.map((path) => ({ path, how: 'fuse' as const })),
    ...[...new Set(sockets)].map((path) => ({ path, how: 'socket' as const })),
  ];
  return all
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map((tree, index) => ({ ...tree, stub: `m/${index}` }));
}

/** How the volumes of a service's files are called, as far as it needs them. */
export function volumeNames(
  mounts: readonly FileMount[],
  { project, service }: { readonly project: string; readonly service: string },
): { readonly materialised?: string; readonly mounted?: string } {
  const has = (how: FileMount['how']) => mounts.some((mount) => mount.how === how);
  return {
    ...(has('materialise') || has('socket')
      ? { materialised: `${project}_kdev-files-${service}` }
      : {}),
    ...(has('fuse') ? { mounted: `${project}_kdev-mounts-${service}` } : {}),
  };
}

function isWithin(path: string, tree: string): boolean {
  return path === tree || path.startsWith(tree.endsWith('/') ? tree : `${tree}/`);
}
