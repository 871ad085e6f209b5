import type { FileMount } from '../protocol/launch.ts';
import type { YamlComment, YamlStep } from './comment-yaml.ts';
import { isModel, type Model, mapAt, serviceAt, textAt } from './model.ts';
import { holderName, joinedNetwork } from './render-holder.ts';
import type { RenderedProject } from './render-project.ts';
import { sidecarName } from './render-sidecar.ts';
import type { ServicePlan } from './service-plan.ts';

export interface Rewritten {
  /** The user's project. */
  readonly before: Model;
  readonly after: Pick<RenderedProject, 'model'>['model'];
  readonly plans: readonly ServicePlan[];
  /** What a service stands for, and where that was asked for, in words. */
  readonly reasonOf: (service: string) => string;
  /** Values that x-kdev gives, not the pod. */
  readonly overridesOf: (service: string) => ReadonlySet<string>;
}

/** A comment for each place at which the rendered project is another than the user's: what kdev changed, and why. */
export function explainRewrites(rewritten: Rewritten): readonly YamlComment[] {
  const { plans } = rewritten;
  return [
    ...plans.flatMap((plan) => [
      ...serviceComments(plan, rewritten),
      ...holderComments(plan, rewritten),
      at(
        ['services', sidecarName(plan.service)],
        `the sidecar of ${plan.service}: carries its traffic to and from the pod, answers DNS, shows the pod's files`,
      ),
      ...volumeComments(plan),
    ]),
    ...neighbourComments(rewritten),
  ];
}

function at(path: readonly YamlStep[], words: string): YamlComment {
  return { path, words: `kdev: ${words}` };
}

function serviceComments(plan: ServicePlan, rewritten: Rewritten): YamlComment[] {
  const { service } = plan;
  const { before, after, reasonOf, overridesOf } = rewritten;
  const was = serviceAt(before, service);
  const is = serviceAt(after, service);
  const moved = Object.keys(was).filter((key) => key !== 'x-kdev' && is[key] === undefined);
  const took = moved.length > 0 ? `, which has its ${moved.join(', ')} now` : '';
  const place = ['services', service];
  const overrides = overridesOf(service);
  const own = mapAt(was, 'environment');
  return [
    at(place, reasonOf(service)),
    at([...place, 'network_mode'], `in the network of its holder${took}`),
    at([...place, 'depends_on', sidecarName(service)], 'starts when its way to the pod is there'),
    ...Object.entries(mapAt(is, 'environment'))
      .filter(([name, value]) => own[name] !== value)
      .map(([name, value]) => at([...place, 'environment', name], variableWords(value, name))),
    ...plan.files.mounts.map((mount) =>
      at([...place, 'volumes', { key: 'target', value: mount.path }], mountWords(mount)),
    ),
  ];

  function variableWords(value: unknown, name: string): string {
    if (value === null) return 'x-kdev.env.unset takes it away';
    return overrides.has(name)
      ? 'x-kdev.env.override'
      : 'of the pod; the value is kept out of here';
  }
}

function mountWords({ path, how }: FileMount): string {
  if (how === 'socket') return `the pod's socket ${path}, connected through the tunnel`;
  return how === 'fuse'
    ? `the pod's ${path}, read through the tunnel`
    : `the pod's ${path}, as files that are kept fresh`;
}

function holderComments({ service, hostname }: ServicePlan, { before, after }: Rewritten) {
  const name = holderName(service);
  const was = serviceAt(before, service);
  const is = serviceAt(after, name);
  const isPods = hostname !== undefined && was['hostname'] === undefined;
  const joined = joinedNetwork(was);
  return [
    at(
      ['services', name],
      `the holder of ${service}: owns the network, which stays when ${service} or its sidecar restarts`,
    ),
    ...Object.keys(was)
      .filter((key) => is[key] !== undefined && serviceAt(after, service)[key] === undefined)
      .map((key) => at(['services', name, key], `of ${service}${aliasWords(key)}`)),
    ...(isPods ? [at(['services', name, 'hostname'], "the pod's")] : []),
    ...(joined ? [at(['networks', joined.key], `the network_mode of ${service}`)] : []),
  ];
}

function aliasWords(key: string): string {
  return key === 'networks' ? ', with its names' : '';
}

function volumeComments({ service, files }: ServicePlan): YamlComment[] {
  return [files.materialised, files.mounted?.volume].flatMap((name) =>
    name === undefined
      ? []
      : [at(['volumes', name], `the pod's files for ${service}; the session makes and removes it`)],
  );
}

/** The user's other services, where they meant one that has a holder now. */
function neighbourComments({ before, after, plans }: Rewritten): YamlComment[] {
  const planned = new Set(plans.map(({ service }) => service));
  const others = Object.entries(mapAt(before, 'services')).filter(([name]) => !planned.has(name));
  return others.flatMap(([name, was]) => {
    if (!isModel(was)) return [];
    const is = serviceAt(after, name);
    const mode = textAt(was, 'network_mode');
    return [
      ...(mode !== textAt(is, 'network_mode')
        ? [at(['services', name, 'network_mode'], `was ${mode}, whose network its holder has`)]
        : []),
      ...(JSON.stringify(was['links']) !== JSON.stringify(is['links'])
        ? [at(['services', name, 'links'], 'to the holder, which has the network')]
        : []),
    ];
  });
}
