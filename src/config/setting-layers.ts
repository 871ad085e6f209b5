import { kdevError } from '../errors/kdev-error.ts';
import { outsideSettings } from './flags.ts';
import { projectSchema, type Settings, serviceSchema } from './schema.ts';
import type { Origin, SettingKey } from './settings.ts';
import type { UserFile } from './user-file.ts';
import { findMisfit, type Place, xKdevError } from './x-kdev-error.ts';

/** Where settings come from that hold for all services. */
export interface SharedSources {
  /** The top-level x-kdev, undefined where there is none. */
  readonly project: unknown;
  /** kdev's own flags of this command, by their names: `--context`. */
  readonly flags: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly user: UserFile | undefined;
  readonly locate: NonNullable<Place['locate']>;
  readonly defaultImage: string;
}

/** One source's values, under the keys whose origin is told. */
export type Values = {
  readonly [key in SettingKey]?: ReturnType<typeof flatten>[key] | undefined;
};

export interface Layer {
  readonly values: Values;
  readonly origin: (key: SettingKey) => Origin;
}

/** Every rung of the ladder but the services' own, from the highest: flag, KDEV_ variable; project, user file, default. */
export function sharedLayers(sources: SharedSources): {
  readonly above: readonly Layer[];
  readonly below: readonly Layer[];
} {
  return {
    above: [...flagLayers(sources), ...variableLayers(sources)],
    below: [projectLayer(sources), userLayer(sources), defaults(sources.defaultImage)],
  };
}

function flagLayers({ flags }: SharedSources): Layer[] {
  return outsideSettings.flatMap((setting) => {
    const value = flags[setting.flag];
    return value === undefined ? [] : [outsideLayer('flag', setting.flag, setting.asXKdev(value))];
  });
}

/** An empty variable counts as absent, as with kubectl's and Docker's own. */
function variableLayers({ environment }: SharedSources): Layer[] {
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

export function serviceLayer(
  service: string,
  xKdev: unknown,
  { locate }: Pick<SharedSources, 'locate'>,
): Layer {
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

function projectLayer({ project, locate }: SharedSources): Layer {
  const parsed = projectSchema.safeParse(project ?? {});
  if (!parsed.success) {
    throw xKdevError(project, parsed.error.issues, { service: undefined, locate });
  }
  return {
    values: flatten(parsed.data),
    origin: (key) => ({ from: 'project', words: inFile(locate, ['x-kdev'], key) }),
  };
}

/** The user's own file has what the top-level x-kdev has. */
function userLayer({ user }: SharedSources): Layer {
  if (!user) return { values: {}, origin: () => ({ from: 'user', words: 'user file' }) };
  const { content, locate } = user;
  const parsed = projectSchema.safeParse(content);
  if (!parsed.success) {
    throw xKdevError(content, parsed.error.issues, { service: undefined, userFile: locate });
  }
  return {
    values: flatten(parsed.data),
    origin: (key) => ({ from: 'user', words: locate(key.split('.')) }),
  };
}

function inFile(locate: SharedSources['locate'], root: readonly string[], key: SettingKey): string {
  const line = locate([...root, ...key.split('.')]);
  return line === undefined ? root.join('.') : `x-kdev in ${line}`;
}

function defaults(image: string): Layer {
  return {
    values: {
      'incoming.mode': 'mirror',
      'incoming.ignore': [],
      'incoming.flush': false,
      'incoming.probes': 'target',
      'outgoing.local': [],
      'outgoing.remote': [],
      'outgoing.podLoopback': [],
      'outgoing.unix': [],
      'dns.local': [],
      'dns.remote': [],
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
  const { incoming, outgoing, dns, env, files, agent } = groups;
  return {
    target,
    namespace,
    context,
    container,
    'incoming.mode': incoming?.mode,
    'incoming.ports': incoming?.ports,
    'incoming.ignore': incoming?.ignore,
    'incoming.flush': incoming?.flush,
    'incoming.probes': incoming?.probes,
    'incoming.filter': incoming?.filter,
    'outgoing.local': outgoing?.local,
    'outgoing.remote': outgoing?.remote,
    'outgoing.podLoopback': outgoing?.podLoopback,
    'outgoing.unix': outgoing?.unix,
    'dns.local': dns?.local,
    'dns.remote': dns?.remote,
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
