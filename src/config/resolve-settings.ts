import { kdevError } from '../errors/kdev-error.ts';
import { outsideSettings } from './flags.ts';
import { refuseSlips } from './known-variables.ts';
import {
  type Layer,
  type SharedSources,
  serviceLayer,
  sharedLayers,
  type Values,
} from './setting-layers.ts';
import type { Origin, ServiceSettings, SettingKey } from './settings.ts';

/** Everywhere that settings come from. */
export interface SettingsSources extends SharedSources {
  /** The x-kdev of each service that has one, as the compose file holds it. */
  readonly services: ReadonlyMap<string, unknown>;
}

/**
 * What was asked of kdev for each service. Precedence: flag, KDEV_ variable, the service's x-kdev, the top-level x-kdev,
 * the user's file, default.
 */
export function resolveSettings(sources: SettingsSources): readonly ServiceSettings[] {
  return pickSettings(sources).map(settle);
}

/** The settings of a service, by their keys. */
export interface PickedSettings {
  readonly service: string;
  readonly values: Values;
  readonly origins: Readonly<Record<SettingKey, Origin>>;
}

/** The same before it is asked whether all is there that must be. */
export function pickSettings(sources: SettingsSources): readonly PickedSettings[] {
  refuseSlips(sources.environment);
  refuseOneForAll(sources);
  return pickEach(sources);
}

function pickEach(sources: SettingsSources): readonly PickedSettings[] {
  const { above, below } = sharedLayers(sources);
  return [...sources.services].map(([service, xKdev]) => ({
    service,
    ...pickAll([...above, serviceLayer(service, xKdev, sources), ...below]),
  }));
}

/** What holds for a service that says nothing itself. */
export function pickShared(sources: SharedSources): Omit<PickedSettings, 'service'> {
  refuseSlips(sources.environment);
  const { above, below } = sharedLayers(sources);
  return pickAll([...above, ...below]);
}

/** Where a command goes that is about no service: where all services of the project go, else as far as that is shared. */
export function pickPlace(sources: SettingsSources): Omit<PickedSettings, 'service'> {
  const shared = pickShared(sources);
  const services = pickEach(sources);
  const [first] = services;
  const isSame = ({ values }: PickedSettings) =>
    values.context === first?.values.context && values.namespace === first?.values.namespace;
  return first && services.every(isSame) ? first : shared;
}

/** In the order in which they are shown. */
export const settingKeys: readonly SettingKey[] = [
  'target',
  'context',
  'namespace',
  'container',
  'incoming.mode',
  'incoming.ports',
  'incoming.ignore',
  'incoming.flush',
  'incoming.probes',
  'incoming.filter',
  'outgoing.local',
  'outgoing.remote',
  'outgoing.podLoopback',
  'outgoing.unix',
  'dns.local',
  'dns.remote',
  'env.include',
  'env.exclude',
  'env.override',
  'env.unset',
  'files.mounts',
  'files.read',
  'agent.image',
  'agent.namespace',
  'agent.mode',
];

function pickAll(layers: readonly Layer[]): Omit<PickedSettings, 'service'> {
  const picked = settingKeys.map((key) => {
    const layer = layers.find(({ values }) => values[key] !== undefined);
    const origin = layer?.origin(key) ?? { from: 'default', words: 'default' };
    return { key, value: layer?.values[key], origin };
  });
  return {
    values: Object.fromEntries(picked.map(({ key, value }) => [key, value])) as Values,
    origins: Object.fromEntries(picked.map(({ key, origin }) => [key, origin])) as Record<
      SettingKey,
      Origin
    >,
  };
}

/** A target for several services at once would be a mistake. */
function refuseOneForAll({ services, flags, environment }: SettingsSources): void {
  if (services.size < 2) return;
  for (const { flag, variable, isOfOne } of outsideSettings) {
    const name = flags[flag] !== undefined ? flag : environment[variable] ? variable : undefined;
    if (!isOfOne || name === undefined) continue;
    throw kdevError('SETTING_INVALID', {
      fact: `${name} is for one service, and ${[...services.keys()].join(', ')} have x-kdev`,
      hints: [{ who: 'you', text: 'write it in the x-kdev of the service that you mean' }],
    });
  }
}

function settle({ service, values, origins }: PickedSettings): ServiceSettings {
  function must<K extends SettingKey>(key: K): NonNullable<Values[K]> {
    const value = values[key];
    if (value === undefined || value === null) throw new Error(`${key} has no default`);
    return value;
  }
  const { target, namespace, context, container } = values;
  if (target === undefined) throw noTarget(service);
  return {
    service,
    target,
    namespace,
    context,
    container,
    incoming: {
      mode: must('incoming.mode'),
      ports: values['incoming.ports'],
      ignore: must('incoming.ignore'),
      flush: must('incoming.flush'),
      probes: must('incoming.probes'),
      filter: values['incoming.filter'],
    },
    outgoing: {
      local: must('outgoing.local'),
      remote: must('outgoing.remote'),
      podLoopback: must('outgoing.podLoopback'),
      unix: must('outgoing.unix'),
    },
    dns: { local: must('dns.local'), remote: must('dns.remote') },
    env: {
      include: must('env.include'),
      exclude: must('env.exclude'),
      override: must('env.override'),
      unset: must('env.unset'),
    },
    files: { mounts: must('files.mounts'), read: must('files.read') },
    agent: {
      image: must('agent.image'),
      namespace: values['agent.namespace'],
      mode: must('agent.mode'),
    },
    origins,
  };
}

function noTarget(service: string) {
  return kdevError('X_KDEV_INVALID_VALUE', {
    fact: `x-kdev of service ${service} names no target`,
    hints: [
      {
        who: 'you',
        text: `name the pod that the service stands for: x-kdev: {target: deployment/${service}}`,
      },
      { who: 'you', command: 'kdev config schema', text: 'describes every key' },
    ],
  });
}
