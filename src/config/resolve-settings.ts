import { kdevError } from '../errors/kdev-error.ts';
import { outsideSettings } from './flags.ts';
import { projectSchema, type Settings, serviceSchema } from './schema.ts';
import type { Origin, ServiceSettings, SettingKey } from './settings.ts';
import { findMisfit, type Place, xKdevError } from './x-kdev-error.ts';

/** Everywhere that settings come from. */
export interface SettingsSources {
  /** The x-kdev of each service that has one, as the compose file holds it. */
  readonly services: ReadonlyMap<string, unknown>;
  /** The top-level x-kdev, undefined where there is none. */
  readonly project: unknown;
  /** kdev's own flags of this command, by their names: `--context`. */
  readonly flags: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly locate: Place['locate'];
  readonly defaultImage: string;
}

/** One source's values, under the keys whose origin is told. */
type Values = { readonly [key in SettingKey]?: ReturnType<typeof flatten>[key] | undefined };

interface Layer {
  readonly values: Values;
  readonly origin: (key: SettingKey) => Origin;
}

/** What was asked of kdev for each service. Precedence: flag, KDEV_ variable, the service's x-kdev, the top-level x-kdev, default. */
export function resolveSettings(sources: SettingsSources): readonly ServiceSettings[] {
  const outside = [...flagLayers(sources), ...variableLayers(sources)];
  const project = projectLayer(sources);
  return [...sources.services].map(([service, xKdev]) =>
    settle(service, [
      ...outside,
      serviceLayer(service, xKdev, sources),
      project,
      defaults(sources.defaultImage),
    ]),
  );
}

function flagLayers({ flags }: SettingsSources): Layer[] {
  return outsideSettings.flatMap((setting) => {
    const value = flags[setting.flag];
    return value === undefined ? [] : [outsideLayer('flag', setting.flag, setting.asXKdev(value))];
  });
}

/** An empty variable counts as absent, as with kubectl's and Docker's own. */
function variableLayers({ environment }: SettingsSources): Layer[] {
  return outsideSettings.flatMap((setting) => {
    const value = environment[setting.variable];
    return value === undefined || value === ''
      ? []
      : [outsideLayer('environment', setting.variable, setting.asXKdev(value))];
  });
}

function outsideLayer(from: 'flag' | 'environment', name: string, xKdev: unknown): Layer {
  const parsed = serviceSchema.safeParse(xKdev);
  if (parsed.success) {
    return { values: flatten(parsed.data), origin: () => ({ from, words: name }) };
  }
  const { notBuilt, words } = findMisfit(xKdev, parsed.error.issues);
  if (notBuilt !== undefined) {
    throw kdevError('SETTING_NOT_BUILT', {
      fact: `${name} asks for what kdev cannot do yet: ${notBuilt.what}`,
      hints: [{ who: 'you', text: notBuilt.instead }],
    });
  }
  throw kdevError('SETTING_INVALID', {
    fact: `${name} is ${words}`,
    hints: [{ who: 'you', text: `give ${name} another value, or leave it out` }],
  });
}

function serviceLayer(service: string, xKdev: unknown, { locate }: SettingsSources): Layer {
  const parsed = serviceSchema.safeParse(xKdev ?? {});
  if (!parsed.success) throw xKdevError(xKdev, parsed.error.issues, { service, locate });
  return {
    values: flatten(parsed.data),
    origin: (key) => ({
      from: 'service',
      words: inFile(locate, ['services', service, 'x-kdev'], key),
    }),
  };
}

function projectLayer({ project, locate }: SettingsSources): Layer {
  const parsed = projectSchema.safeParse(project ?? {});
  if (!parsed.success) {
    throw xKdevError(project, parsed.error.issues, { service: undefined, locate });
  }
  return {
    values: flatten(parsed.data),
    origin: (key) => ({ from: 'project', words: inFile(locate, ['x-kdev'], key) }),
  };
}

function inFile(locate: Place['locate'], root: readonly string[], key: SettingKey): string {
  const line = locate([...root, ...key.split('.')]);
  return line === undefined ? root.join('.') : `x-kdev in ${line}`;
}

function defaults(image: string): Layer {
  return {
    values: {
      'incoming.mode': 'mirror',
      'env.include': ['*'],
      'env.exclude': [],
      'env.override': {},
      'env.unset': [],
      'files.mounts': 'auto',
      'files.read': [],
      'agent.image': image,
      'agent.mode': 'auto',
    },
    origin: () => ({ from: 'default', words: 'default' }),
  };
}

function flatten({ target, namespace, context, container, ...groups }: Settings) {
  const { incoming, env, files, agent } = groups;
  return {
    target,
    namespace,
    context,
    container,
    'incoming.mode': incoming?.mode,
    'incoming.ports': incoming && 'ports' in incoming ? incoming.ports : undefined,
    'env.include': env?.include,
    'env.exclude': env?.exclude,
    'env.override': env?.override,
    'env.unset': env?.unset,
    'files.mounts': files?.mounts,
    'files.read': files && 'read' in files ? files.read : undefined,
    'agent.image': agent?.image,
    'agent.namespace': agent?.namespace,
    'agent.mode': agent?.mode,
  };
}

function settle(service: string, layers: readonly Layer[]): ServiceSettings {
  const origins: Partial<Record<SettingKey, Origin>> = {};
  function pick<K extends SettingKey>(key: K): NonNullable<Values[K]> | undefined {
    const layer = layers.find(({ values }) => values[key] !== undefined);
    origins[key] = layer?.origin(key) ?? { from: 'default', words: 'default' };
    return layer?.values[key] ?? undefined;
  }
  function must<K extends SettingKey>(key: K): NonNullable<Values[K]> {
    const value = pick(key);
    if (value === undefined) throw new Error(`${key} has no default`);
    return value;
  }
  const target = pick('target');
  if (target === undefined) throw noTarget(service);
  const settled = {
    service,
    target,
    namespace: pick('namespace'),
    context: pick('context'),
    container: pick('container'),
    incoming: { mode: must('incoming.mode'), ports: pick('incoming.ports') },
    env: {
      include: must('env.include'),
      exclude: must('env.exclude'),
      override: must('env.override'),
      unset: must('env.unset'),
    },
    files: { mounts: must('files.mounts'), read: must('files.read') },
    agent: {
      image: must('agent.image'),
      namespace: pick('agent.namespace'),
      mode: must('agent.mode'),
    },
  };
  return { ...settled, origins: origins as Record<SettingKey, Origin> };
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
