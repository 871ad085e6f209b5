import { describe, expect, test } from 'vitest';
import { outsideSettings } from './flags.ts';
import { pickPlace, resolveSettings, type SettingsSources } from './resolve-settings.ts';
import { keysAt } from './schema.ts';
import type { Origin, SettingKey } from './settings.ts';

/** From the highest to the lowest. */
const rungs = ['flag', 'environment', 'service', 'project', 'user', 'default'] as const;

interface Setting {
  readonly flag: string;
  /** What x-kdev holds for a value, at its place; two of them for the two rungs of files and the service's. */
  readonly values: readonly [service: unknown, project: unknown, user: unknown];
  /** Its value from outside, as text. */
  readonly outside: readonly [flag: string, variable: string];
  /** As the text of outside is read. */
  readonly read?: (text: string) => unknown;
  readonly byDefault?: unknown;
  /** Not at the top of a file. */
  readonly isOfService?: boolean;
}

const port = (number: number) => [{ service: number, target: number }];
const lists = {
  outside: ['f,ff', 'v'],
  values: [['s'], ['p'], ['u']],
  read: (text: string) => text.split(','),
  byDefault: [],
} as const;
const settings: Readonly<Record<SettingKey, Setting>> = {
  target: {
    flag: '--target',
    outside: ['deployment/f', 'deployment/v'],
    values: ['deployment/s', undefined, undefined],
    read: (text) => ({ kind: 'deployment', name: text.split('/')[1] }),
    isOfService: true,
  },
  container: {
    flag: '--container',
    outside: ['f', 'v'],
    values: ['s', undefined, undefined],
    isOfService: true,
  },
  context: { flag: '--context', outside: ['f', 'v'], values: ['s', 'p', 'u'] },
  namespace: { flag: '--namespace', outside: ['f', 'v'], values: ['s', 'p', 'u'] },
  'incoming.mode': {
    flag: '--incoming',
    outside: ['off', 'steal'],
    values: ['mirror', 'steal', 'off'],
    byDefault: 'mirror',
  },
  'incoming.ports': {
    flag: '--incoming-ports',
    outside: ['1', '2'],
    values: [[3], [4], [5]],
    read: (text) => port(Number(text)),
  },
  'incoming.ignore': {
    flag: '--incoming-ignore',
    outside: ['1,2', '3'],
    values: [[1], [2], [3]],
    read: (text) => text.split(',').map(Number),
    byDefault: [],
  },
  'incoming.flush': {
    flag: '--incoming-flush',
    outside: ['true', 'false'],
    values: [true, false, true],
    read: (text) => text === 'true',
    byDefault: false,
  },
  'incoming.probes': {
    flag: '--incoming-probes',
    outside: ['steal', 'target'],
    values: ['steal', 'target', 'steal'],
    byDefault: 'target',
  },
  'incoming.filter': {
    flag: '--incoming-filter',
    outside: ['x=f', '{"header": {"x": "v"}}'],
    values: [{ path: ['/s'] }, { path: ['/p'] }, { path: ['/u'] }],
    read: (text) => ({ header: { x: text.includes('f') ? 'f' : 'v' } }),
  },
  'outgoing.local': { flag: '--outgoing-local', ...lists },
  'outgoing.remote': { flag: '--outgoing-remote', ...lists },
  'outgoing.podLoopback': {
    flag: '--outgoing-pod-loopback',
    outside: ['1,11', '2'],
    values: [[3], [4], [5]],
    read: (text) => text.split(',').map(Number),
    byDefault: [],
  },
  'outgoing.unix': {
    flag: '--outgoing-unix',
    outside: ['/f,/ff', '/v'],
    values: [['/s'], ['/p'], ['/u']],
    read: (text) => text.split(','),
    byDefault: [],
  },
  'dns.local': { flag: '--dns-local', ...lists },
  'dns.remote': { flag: '--dns-remote', ...lists },
  'env.include': { flag: '--env-include', ...lists, byDefault: ['*'] },
  'env.exclude': { flag: '--env-exclude', ...lists },
  'env.override': {
    flag: '--env-override',
    outside: ['A=f,B==', 'A=v'],
    values: [{ A: 's' }, { A: 'p' }, { A: 'u' }],
    read: (text) => (text === 'A=v' ? { A: 'v' } : { A: 'f', B: '=' }),
    byDefault: {},
  },
  'env.unset': { flag: '--env-unset', ...lists },
  'files.mounts': {
    flag: '--mounts',
    outside: ['off', 'auto'],
    values: ['off', 'auto', 'off'],
    byDefault: 'auto',
  },
  'files.read': {
    flag: '--files-read',
    outside: ['/f,/g', '/v'],
    values: [['/s'], ['/p'], ['/u']],
    read: (text) => text.split(','),
    byDefault: [],
  },
  'agent.image': {
    flag: '--image',
    outside: ['f', 'v'],
    values: ['s', 'p', 'u'],
    byDefault: 'own:1',
  },
  'agent.namespace': { flag: '--agent-namespace', outside: ['f', 'v'], values: ['s', 'p', 'u'] },
  'agent.mode': {
    flag: '--agent-mode',
    outside: ['node', 'auto'],
    values: ['node', 'auto', 'node'],
    byDefault: 'auto',
  },
};

const cases = Object.entries(settings).flatMap(([key, setting]) =>
  rungs.flatMap((rung, index) => {
    const expected = valueAt(setting, rung);
    return expected === undefined && rung !== 'default'
      ? []
      : [{ key: key as SettingKey, setting, rung, expected, below: rungs.slice(index) }];
  }),
);

function valueAt(setting: Setting, rung: Origin['from']): unknown {
  const { outside, values, byDefault, read = (text: string) => text } = setting;
  const [service, project, user] = values;
  const fromFile = { service, project, user }[rung as 'service'];
  if (rung === 'default') return byDefault;
  if (rung === 'flag') return read(outside[0]);
  if (rung === 'environment') return read(outside[1]);
  if (setting === settings.target) return fromFile && read(String(fromFile));
  return setting === settings['incoming.ports'] ? port((fromFile as number[])[0] ?? 0) : fromFile;
}

/** x-kdev with this one setting. */
function asXKdev(key: SettingKey, value: unknown): Record<string, unknown> {
  if (value === undefined) return {};
  const [group = '', inner] = key.split('.');
  return inner === undefined ? { [group]: value } : { [group]: { [inner]: value } };
}

/** Every rung from the given one down says something. */
function sourcesFrom(key: SettingKey, setting: Setting, below: readonly string[]): SettingsSources {
  const { flag, outside, values } = setting;
  const variable = outsideSettings.find((one) => one.flag === flag)?.variable ?? '';
  const [service, project, user] = values;
  const has = (rung: string) => below.includes(rung);
  const own = has('service') ? asXKdev(key, service) : {};
  return {
    services: new Map([['api', { target: 'pod/a', ...own }]]),
    project: has('project') ? asXKdev(key, project) : undefined,
    flags: has('flag') ? { [flag]: outside[0] } : {},
    environment: has('environment') ? { [variable]: outside[1] } : {},
    user: has('user')
      ? { content: asXKdev(key, user), locate: (path) => `config.yaml ${path.join('.')}` }
      : undefined,
    locate: () => undefined,
    defaultImage: 'own:1',
  };
}

test.each(cases)(
  '$key: $rung before what is below it',
  ({ key, setting, rung, expected, below }) => {
    const [found] = resolveSettings(sourcesFrom(key, setting, below));
    const path = key.split('.');
    const value = path.reduce<unknown>((at, name) => Object(at)[name], found);
    // A service cannot do without a target.
    if (key === 'target' && rung === 'default') return;
    expect(value).toEqual(expected);
    expect(found?.origins[key].from).toBe(rung);
  },
);

test('the table has every key of the schema, each with its flag and its variable', () => {
  const keys = keysAt('service', []).flatMap((key) => {
    const inner = keysAt('service', [key]);
    return inner.length === 0 ? [key] : inner.map((name) => `${key}.${name}`);
  });
  expect(Object.keys(settings).sort()).toEqual([...keys].sort());
  const flags = Object.values(settings).map(({ flag }) => flag);
  expect(flags.sort()).toEqual(outsideSettings.map(({ flag }) => flag).sort());
});

describe('from outside', () => {
  const base = sourcesFrom('context', settings.context, []);

  test('an empty variable counts as absent', () => {
    const [found] = resolveSettings({ ...base, environment: { KDEV_CONTEXT: '' } });
    expect(found?.origins.context.from).toBe('default');
  });

  test('a target for several services is refused', () => {
    const services = new Map([
      ['api', 'pod/a'],
      ['web', 'pod/b'],
    ]);
    const environment = { KDEV_TARGET: 'pod/c' };
    expect(() => resolveSettings({ ...base, services, environment })).toThrow(
      'KDEV_TARGET is for one service, and api, web have x-kdev',
    );
  });

  test.each([
    ['KDEV_NAMSPACE', 'did you mean KDEV_NAMESPACE?'],
    ['KDEV_CONTXT', 'did you mean KDEV_CONTEXT?'],
    ['KDEV_PROGRES', 'did you mean KDEV_PROGRESS?'],
  ])('%s is refused', (name, words) => {
    expect(() => resolveSettings({ ...base, environment: { [name]: 'x' } })).toThrow(words);
  });

  test('a variable of another program is left alone', () => {
    const environment = { KDEV_BASEDIR: '/src', KDEVELOP: '1', KDEV_ENV_3: 'x' };
    expect(resolveSettings({ ...base, environment })).toHaveLength(1);
  });

  test.each([
    [{ '--incoming': 'steel' }, '--incoming is "steel": .*, did you mean steal?'],
    [{ '--incoming-ports': '80,x' }, '--incoming-ports is "x": expected PORT or "SERVICE:TARGET"'],
    [{ '--env-override': 'A=1,B' }, '--env-override is .*'],
    [{ '--incoming-flush': 'yes' }, '--incoming-flush is "yes": .*'],
    [{ '--files-read': '/srv,lib' }, '--files-read is "lib": expected an absolute path'],
    [{ '--target': 'orders' }, '--target is "orders": expected pod/NAME or deployment/NAME'],
  ])('%j is refused', (flags, words) => {
    expect(() => resolveSettings({ ...base, flags })).toThrow(new RegExp(words));
  });
});

describe('the place of a command that is about no service', () => {
  const base = sourcesFrom('context', settings.context, []);
  const place = (sources: Partial<SettingsSources>) => {
    const { values, origins } = pickPlace({ ...base, services: new Map(), ...sources });
    return [values.namespace, origins.namespace.from];
  };

  test.each([
    [{ flags: { '--namespace': 'f' }, project: { namespace: 'p' } }, ['f', 'flag']],
    [{ project: { namespace: 'p' } }, ['p', 'project']],
    [{ user: { content: { namespace: 'u' }, locate: () => 'u' } }, ['u', 'user']],
    [{}, [undefined, 'default']],
    [{ services: new Map([['api', { namespace: 's' }]]) }, ['s', 'service']],
    [
      {
        services: new Map([
          ['api', { namespace: 'a' }],
          ['web', { namespace: 'b' }],
        ]),
        project: { namespace: 'p' },
      },
      ['p', 'project'],
    ],
  ])('%j', (sources, expected) => expect(place(sources)).toEqual(expected));
});
