import { type AgentRecord, listAgents } from './agent-objects.ts';
import { isRefusal } from './api-failure.ts';
import type { Cluster } from './cluster.ts';
import { madeByKdev, OWNER, SESSION } from './labels.ts';
import { LIST_LIMIT, REMOVE_MS } from './limits.ts';
import { jobsPath, namedIn, secretsPath } from './paths.ts';
import { removeObject } from './remove-agent.ts';
import { withDeadline } from './with-deadline.ts';

/** Which of kdev's objects are meant. Without a narrowing all of them: also those of colleagues who are at work. */
export interface LeftoverChoice {
  /** Where to look, if the user may not list the whole cluster. */
  readonly namespaces: readonly string[];
  /** `user@host`. */
  readonly owner?: string;
  readonly session?: string;
  /** Sessions that are alive: their objects are no leftovers. */
  readonly except?: ReadonlySet<string>;
}

export interface Leftover {
  readonly kind: 'Job' | 'Secret';
  readonly name: string;
  readonly namespace: string;
  readonly session: string;
  readonly owner: string;
}

/** Jobs and Secrets that carry kdev's label, narrowed down by the choice. */
export async function listLeftovers(
  cluster: Cluster,
  choice: LeftoverChoice,
  signal: AbortSignal,
): Promise<readonly Leftover[]> {
  const selector = madeByKdev(choice.session);
  const { namespaces } = choice;
  const [jobs, secrets] = await Promise.all([
    listAgents(cluster, { selector, namespaces }, signal),
    listSecrets(cluster, { selector, namespaces }, signal),
  ]);
  return [...jobs.map(asLeftover), ...secrets].filter(
    ({ owner, session }) =>
      (choice.owner === undefined || owner === choice.owner) && !choice.except?.has(session),
  );
}

/** Deletes them; a Job's pods go with it. Has its own deadline: a caller who was cancelled still cleans. */
export async function removeLeftovers(
  cluster: Cluster,
  leftovers: readonly Leftover[],
): Promise<void> {
  const { signal } = new AbortController();
  const wait = { what: 'removing leftovers', timeoutMs: REMOVE_MS, signal };
  await withDeadline(wait, async (deadline) => {
    await Promise.all(
      leftovers.map(({ kind, name, namespace }) => {
        const list = kind === 'Job' ? jobsPath(namespace) : secretsPath(namespace);
        return removeObject(cluster, namedIn(list, name), deadline);
      }),
    );
  });
}

function asLeftover({ name, namespace, session, owner }: AgentRecord): Leftover {
  return { kind: 'Job', name, namespace, session, owner };
}

interface SecretMetadata {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** Without their data. Listing secrets is a right of its own: without it those that hang on a Job still go with it. */
async function listSecrets(
  { api }: Cluster,
  { selector, namespaces }: { readonly selector: string; readonly namespaces: readonly string[] },
  signal: AbortSignal,
): Promise<readonly Leftover[]> {
  const list = async (path: string): Promise<readonly SecretMetadata[]> => {
    const query = { labelSelector: selector, limit: LIST_LIMIT };
    const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
    const answer = await api.ask<{ items?: SecretMetadata[] }>(
      { method: 'GET', path, query, accept },
      signal,
    );
    return answer.body.items ?? [];
  };
  const orNone = async (path: string): Promise<readonly SecretMetadata[] | undefined> =>
    await list(path).catch((error: unknown) => {
      if (isRefusal(error, 403)) return undefined;
      throw error;
    });
  const everywhere = await orNone('/api/v1/secrets');
  const places = [...new Set(namespaces)].map((namespace) => orNone(secretsPath(namespace)));
  const found = everywhere ?? (await Promise.all(places)).flatMap((some) => some ?? []);
  return found.map(({ metadata }) => ({
    kind: 'Secret',
    name: metadata?.name ?? '',
    namespace: metadata?.namespace ?? '',
    session: metadata?.labels?.[SESSION] ?? '',
    owner: metadata?.annotations?.[OWNER] ?? 'somebody',
  }));
}
