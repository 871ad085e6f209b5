import type { Cluster } from './cluster.ts';
import { LIST_LIMIT } from './limits.ts';

interface MetadataList {
  readonly items?: readonly { readonly metadata?: { readonly name?: string } }[];
}

/** The names of a list, without the objects; undefined where the user may not see them. */
export async function listNames(
  { api }: Cluster,
  path: string,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  try {
    const { body } = await api.ask<MetadataList>(
      {
        method: 'GET',
        path,
        query: { limit: LIST_LIMIT },
        accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
      },
      signal,
    );
    return (body.items ?? []).flatMap(({ metadata }) => metadata?.name ?? []);
  } catch {
    // It was asked for the sake of a better error: that error must not be lost over it.
    signal.throwIfAborted();
    return undefined;
  }
}
