import { isModel, type Model, mapAt, type Value } from './model.ts';
import { holderName } from './render-holder.ts';
import type { RenderedProject } from './render-project.ts';
import { sidecarName } from './render-sidecar.ts';

/** What becomes of one of the user's services, in words: `re-created (ports changed)`. */
export interface Drift {
  readonly service: string;
  readonly what: 'created' | 'unchanged' | 're-created' | 'removed';
  /** The user's own keys that differ; empty unless re-created. */
  readonly changed: readonly string[];
}

/**
 * Compares what was brought up last with what will be, service by service. A service's holder and sidecar count with
 * it, so that a changed port is a change of the service and not of a part that the user never wrote.
 */
export function findDrift(
  before: Pick<RenderedProject, 'model' | 'values'> | undefined,
  after: Pick<RenderedProject, 'model' | 'values'>,
): readonly Drift[] {
  const old = before === undefined ? new Map<string, Model>() : wholeServices(before);
  const now = wholeServices(after);
  const names = [...new Set([...now.keys(), ...old.keys()])].sort();
  return names.map((service) => compare(service, old.get(service), now.get(service)));
}

export function driftWords({ what, changed }: Drift): string {
  return changed.length === 0 ? what : `${what} (${changed.join(', ')} changed)`;
}

function compare(service: string, old: Model | undefined, now: Model | undefined): Drift {
  if (now === undefined) return { service, what: 'removed', changed: [] };
  if (old === undefined) return { service, what: 'created', changed: [] };
  const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  const changed = keys.filter((key) => !equal(old[key], now[key])).map(describe);
  return { service, what: changed.length === 0 ? 'unchanged' : 're-created', changed };
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

function equal(left: Value | undefined, right: Value | undefined): boolean {
  return JSON.stringify(sortKeys(left ?? null)) === JSON.stringify(sortKeys(right ?? null));
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
