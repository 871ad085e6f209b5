/** Paths of the API. Names come from people: each is encoded, none can leave its place. */

export function inNamespace(
  group: 'api/v1' | 'apis/apps/v1' | 'apis/batch/v1',
  namespace: string,
  resource: string,
): string {
  return `/${group}/namespaces/${encodeURIComponent(namespace)}/${resource}`;
}

export function podsPath(namespace: string): string {
  return inNamespace('api/v1', namespace, 'pods');
}

export function podPath(namespace: string, pod: string): string {
  return `${podsPath(namespace)}/${encodeURIComponent(pod)}`;
}

export function eventsPath(namespace: string): string {
  return inNamespace('api/v1', namespace, 'events');
}

export function secretsPath(namespace: string): string {
  return inNamespace('api/v1', namespace, 'secrets');
}

export function jobsPath(namespace: string): string {
  return inNamespace('apis/batch/v1', namespace, 'jobs');
}

export function deploymentsPath(namespace: string): string {
  return inNamespace('apis/apps/v1', namespace, 'deployments');
}

export function namedIn(listPath: string, name: string): string {
  return `${listPath}/${encodeURIComponent(name)}`;
}
