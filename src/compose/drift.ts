import { createHash } from 'node:crypto';
import { isModel, type Model, mapAt, type Value } from './model.ts';
import { holderName } from './render-holder.ts';
import type { RenderedProject } from './render-project.ts';
import { sidecarName } from './render-sidecar.ts';

/**
 * Service → its keys → a digest of each value: what was brought up, without what it was. What the project has beside its
 * services stands under no name.
 */
export type Fingerprint = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What becomes of one of the user's services, in words: `re-created (ports changed)`. */
export interface Drift {
  readonly service: string;
  readonly what: 'created' | 'unchanged' | 're-created';
  /** The user's own keys that differ; empty unless re-created. */
  readonly changed: readonly string[];
}

/**
 * Of these services as they are rendered now. A service's holder and sidecar count with it, so that a changed port is a
 * change of the service and not of a part that the user never wrote.
 */
export function fingerprint(
  rendered: Pick<RenderedProject, 'model' | 'values'>,
  services: ReadonlySet<string>,
): Fingerprint {
  const { networks = null, volumes = null, secrets = null, configs = null } = rendered.model;
  const whole: [string, Model][] = [
    ['', { networks, volumes, secrets, configs }],
    ...[...wholeServices(rendered)].filter(([service]) => services.has(service)),
  ];
  return Object.fromEntries(
    whole.map(([service, keys]) => [
      service,
      Object.fromEntries(
        Object.entries(keys)
          .filter(([, value]) => value !== null)
          .map(([key, value]) => [describe(key), digest(value)]),
      ),
    ]),
  );
}

/** Compares what was brought up last with what will be, service by service. */
export function findDrift(before: Fingerprint, after: Fingerprint): readonly Drift[] {
  const services = Object.entries(after).filter(([service]) => service !== '');
  return services.map(([service, now]) => {
    const old = before[service];
    if (old === undefined) return { service, what: 'created', changed: [] };
    const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])];
    const changed = keys.filter((key) => old[key] !== now[key]);
    return { service, what: changed.length === 0 ? 'unchanged' : 're-created', changed };
  });
}

/** Whether all of this is as it was brought up before. */
export function isSame(before: Fingerprint, after: Fingerprint): boolean {
  return Object.entries(after).every(([service, keys]) => {
    const old = before[service] ?? {};
    const all = new Set([...Object.keys(old), ...Object.keys(keys)]);
    return before[service] !== undefined && [...all].every((key) => old[key] === keys[key]);
  });
}

/** Compose also makes anew what has another image: that is not seen here, so nothing is said of it. */
export function driftWords({ what, changed }: Drift): string {
  if (what === 'unchanged') return 'configuration unchanged';
  return changed.length === 0 ? what : `${what} (${changed.join(', ')} changed)`;
}

function describe(key: string): string {
  return key === 'sidecar' ? 'x-kdev' : key;
}

/** Each of the user's services with what its holder has of it, its sidecar under a key of its own, and its true values. */
function wholeServices({ model, values }: Pick<RenderedProject, 'model' | 'values'>) {
  const services = mapAt(model, 'services');
  const added = new Set(
    Object.keys(services).flatMap((name) => [holderName(name), sidecarName(name)]),
  );
  const whole = new Map<string, Model>();
  for (const [name, service] of Object.entries(services)) {
    if (added.has(name) || !isModel(service)) continue;
    const { network_mode, depends_on: _, ...own } = service;
    const holder = mapAt(services, holderName(name));
    const sidecar = services[sidecarName(name)];
    whole.set(name, {
      ...(sidecar === undefined
        ? { ...own, network_mode: network_mode ?? null }
        : { ...own, ...networkOf(holder), sidecar }),
      environment: withValues(mapAt(own, 'environment'), values),
    });
  }
  return whole;
}

function networkOf(holder: Model): Model {
  const { ports = null, networks = null, dns = null, extra_hosts = null, hostname = null } = holder;
  return { ports, networks, dns, extra_hosts, hostname };
}

/** Only compared, never shown. */
function withValues(environment: Model, values: ReadonlyMap<string, string>): Model {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      typeof value === 'string'
        ? value.replace(/\$\{(KDEV_ENV_\d+)\}/g, (_, key: string) => values.get(key) ?? '')
        : value,
    ]),
  );
}

function digest(value: Value): string {
  return createHash('sha256')
    .update(JSON.stringify(sortKeys(value)))
    .digest('base64url')
    .slice(0, 16);
}

function sortKeys(value: Value): Value {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isModel(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}
