import {
  escapeDollars,
  isModel,
  listAt,
  type Model,
  mapAt,
  serviceAt,
  textAt,
  type Value,
  without,
} from './model.ts';
import type { ResolvedProject } from './read-project.ts';
import { holderName, joinedNetwork, renderHolder } from './render-holder.ts';
import { type KeepValue, renderService, shownMounts } from './render-service.ts';
import { renderSidecar, sidecarName } from './render-sidecar.ts';
import { isNamesOnly, type ServicePlan } from './service-plan.ts';
import { enabledServices } from './services-in-play.ts';
import type { Templates } from './templates.ts';

export interface RenderedProject {
  /** The whole project, for `docker compose -f`. Of the values that kdev adds it has only the names KDEV_ENV_n. */
  readonly model: Model;
  /** KDEV_ENV_n → value: the process environment of `docker compose` carries them, nothing else may. */
  readonly values: ReadonlyMap<string, string>;
  /** Names that `docker compose` must not have in its environment, or it would fill them in. */
  readonly unset: readonly string[];
  /** Files of the pod that are not shown because the user mounts something of their own there. */
  readonly shadowed: readonly { readonly service: string; readonly path: string }[];
}

/** One string of an environment may have 128 KiB; longer values are put together from parts. */
const partBytes = 100_000;

/**
 * The project that Compose runs: each planned service with its holder and its sidecar, everything else as it was.
 * A service that is not planned loses its x-kdev and runs as a plain one.
 */
export function renderProject(
  { model: project, active, separator }: Pick<ResolvedProject, 'model' | 'active' | 'separator'>,
  plans: readonly ServicePlan[],
  templates: Templates,
): RenderedProject {
  const values = new Map<string, string>();
  const planned = new Set(plans.map(({ service }) => service));
  const coming = plans.filter((plan) => !isNamesOnly(plan)).map(({ service }) => service);
  const running = enabledServices({ model: project, active }, coming);
  const services: Record<string, Value> = { ...mapAt(project, 'services') };
  for (const [name, service] of Object.entries(services)) {
    if (isModel(service)) services[name] = without(service, ['x-kdev']);
  }
  for (const plan of plans) {
    const service = serviceAt(project, plan.service);
    const labels = labelsOf(project, plan);
    const named = { model: project, separator };
    const profiles = service['profiles'] === undefined ? {} : { profiles: service['profiles'] };
    services[holderName(plan.service)] = {
      ...renderHolder(named, plan, templates.holder),
      ...profiles,
      labels: labels('holder'),
    };
    services[sidecarName(plan.service)] = {
      ...renderSidecar(named, plan, { template: templates.sidecar, running }),
      ...profiles,
      labels: { ...labels('sidecar'), 'kdev.dev/target': escapeDollars(plan.target) },
    };
    services[plan.service] = renderService(project, plan, keeper(values));
  }
  return {
    model: {
      ...without(project, ['x-kdev', 'services', 'networks', 'volumes']),
      services: Object.fromEntries(
        Object.entries(services).map(([name, service]) => [name, pointAtHolders(service, planned)]),
      ),
      ...networks(project, plans),
      ...volumes(project, plans),
    },
    values,
    unset: [...new Set(plans.flatMap(({ environment }) => environment.unset))],
    shadowed: plans.flatMap((plan) => shadowedFiles(project, plan)),
  };
}

/** Cuts between characters, so that each part is text by itself. */
function keeper(values: Map<string, string>): KeepValue {
  return (value) => {
    const parts: string[] = [];
    let part = '';
    let bytes = 0;
    for (const character of value.length * 3 < partBytes ? [value] : value) {
      const size = Buffer.byteLength(character);
      if (bytes + size > partBytes) {
        parts.push(part);
        part = '';
        bytes = 0;
      }
      part += character;
      bytes += size;
    }
    return [...parts, part]
      .map((text) => {
        const name = `KDEV_ENV_${values.size}`;
        values.set(name, text);
        return `\${${name}}`;
      })
      .join('');
  };
}

function labelsOf(project: Model, { session, service, linkDirectory }: ServicePlan) {
  return (part: 'holder' | 'sidecar'): Model => ({
    'kdev.dev/session': session,
    'kdev.dev/project': textAt(project, 'name') ?? '',
    'kdev.dev/service': service,
    'kdev.dev/part': part,
    'kdev.dev/link': escapeDollars(linkDirectory),
  });
}

/** Who joins the network of a planned service, or links to it, now means its holder. */
function pointAtHolders(service: Value, planned: ReadonlySet<string>): Value {
  if (!isModel(service)) return service;
  const joined = /^service:(.*)$/.exec(textAt(service, 'network_mode') ?? '')?.[1] ?? '';
  const links = listAt(service, 'links').map((link) => {
    const [name = '', alias = name] = String(link).split(':');
    return planned.has(name) ? `${holderName(name)}:${alias}` : link;
  });
  return {
    ...service,
    ...(planned.has(joined) ? { network_mode: `service:${holderName(joined)}` } : {}),
    ...(links.length > 0 ? { links } : {}),
  };
}

function networks(project: Model, plans: readonly ServicePlan[]): Model {
  const joined = plans.flatMap(({ service }): [string, Value][] => {
    const found = joinedNetwork(serviceAt(project, service));
    return found === undefined ? [] : [[found.key, found.network]];
  });
  return extended(project, 'networks', joined);
}

/** The session made the volumes of the pod's files and removes them; Compose only mounts them. */
function volumes(project: Model, plans: readonly ServicePlan[]): Model {
  const names = plans.flatMap(({ files }) => [files.materialised, files.mounted?.volume]);
  const external = names.flatMap((name): [string, Value][] =>
    name === undefined ? [] : [[name, { name, external: true }]],
  );
  return extended(project, 'volumes', external);
}

function extended(project: Model, key: string, added: readonly [string, Value][]): Model {
  const all = { ...mapAt(project, key), ...Object.fromEntries(added) };
  return Object.keys(all).length > 0 ? { [key]: all } : {};
}

function shadowedFiles(project: Model, plan: ServicePlan) {
  const shown = new Set(shownMounts(project, plan));
  return plan.files.mounts
    .filter((mount) => !shown.has(mount))
    .map(({ path }) => ({ service: plan.service, path }));
}
