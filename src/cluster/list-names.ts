import type { Cluster } from './cluster.ts';
import { LIST_LIMIT } from './limits.ts';

/** What the API tells of every object, whatever its kind. */
export interface ObjectMetadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly {
    readonly kind: string;
    readonly name: string;
    readonly controller?: boolean;
  }[];
}

interface MetadataList {
  readonly items?: readonly { readonly metadata?: ObjectMetadata }[];
}

/** The names of a list, without the objects; undefined where the user may not see them. */
export async function listNames(
  cluster: Cluster,
  path: string,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const found = await listMetadata(cluster, path, signal);
  return found?.flatMap(({ name }) => name ?? []);
}

/** The metadata of a list, without the objects; undefined where the user may not see them. */
export async function listMetadata(
  { api }: Cluster,
  path: string,
  signal: AbortSignal,
  query: Readonly<Record<string, string>> = {},
): Promise<readonly ObjectMetadata[] | undefined> {
  try {
    const { body } = await api.ask<MetadataList>(
      {
        method: 'GET',
        path,
        query: { limit: LIST_LIMIT, ...query },
        accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
      },
      signal,
    );
    return (body.items ?? []).flatMap(({ metadata }) => metadata ?? []);
  } catch {
    // It is asked for the sake of a better error, or of a fuller list: neither must be lost over it.
    signal.throwIfAborted();
    return undefined;
  }
}
