/** Paths of the API. Names come from people: none can leave its place. */

/** Dots alone would climb, also when encoded: they are asked for as a name that no object can have. */
export function segment(name: string): string {
  return /^\.{0,2}$/.test(name) ? '-' : encodeURIComponent(name);
}

export function inNamespace(
  group: 'api/v1' | 'apis/apps/v1' | 'apis/batch/v1',
  namespace: string,
  resource: string,
): string {
  return `/${group}/namespaces/${segment(namespace)}/${resource}`;
}

export function podsPath(namespace: string): string {
  return inNamespace('api/v1', namespace, 'pods');
}

export function podPath(namespace: string, pod: string): string {
  return `${podsPath(namespace)}/${segment(pod)}`;
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
  return `${listPath}/${segment(name)}`;
}
