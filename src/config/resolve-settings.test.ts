import { expect, test } from 'vitest';
import type { KdevError } from '../errors/kdev-error.ts';
import { resolveSettings, type SettingsSources, settingKeys } from './resolve-settings.ts';

const lines: Record<string, string> = {
  'services.api.x-kdev.target': 'compose.yaml:7',
  'services.api.x-kdev.incomming': 'compose.yaml:8',
  'x-kdev.context': 'compose.yaml:2',
};

function sources(api: unknown, others: Partial<SettingsSources> = {}): SettingsSources {
  return {
    services: new Map([['api', api]]),
    project: undefined,
    flags: {},
    environment: {},
    user: undefined,
    locate: (path) => lines[path.join('.')],
    defaultImage: 'kdev/runtime:1.2.3',
    ...others,
  };
}

function refusal(api: unknown, others: Partial<SettingsSources> = {}): KdevError {
  try {
    resolveSettings(sources(api, others));
  } catch (error) {
    return error as KdevError;
  }
  throw new Error('nothing was refused');
}

test('the short form, with every default and its origin', () => {
  const [settings] = resolveSettings(sources('deployment/orders'));
  expect(settings).toEqual({
    service: 'api',
    target: { kind: 'deployment', name: 'orders' },
    namespace: undefined,
    context: undefined,
    container: undefined,
    incoming: { mode: 'mirror', ports: undefined, ignore: [], flush: false, probes: 'target' },
    outgoing: { local: [], remote: [], podLoopback: [], unix: [] },
    dns: { local: [], remote: [] },
    env: { include: ['*'], exclude: [], override: {}, unset: [] },
    files: { mounts: 'auto', read: [] },
    agent: { image: 'kdev/runtime:1.2.3', namespace: undefined, mode: 'auto' },
    origins: expect.objectContaining({
      target: { from: 'service', words: 'x-kdev in compose.yaml:7' },
      'incoming.mode': { from: 'default', words: 'default' },
      'agent.namespace': { from: 'default', words: 'default' },
    }),
  });
  expect(Object.keys(settings?.origins ?? {})).toHaveLength(settingKeys.length);
});

test('every port of the service, by x-kdev and by flag', () => {
  const incoming = { mode: 'steal', ports: 'all', ignore: [9229] };
  expect(resolveSettings(sources({ target: 'pod/a', incoming }))[0]).toMatchObject({ incoming });
  const flags = { '--incoming-ports': 'all' };
  expect(resolveSettings(sources('pod/a', { flags }))[0]).toMatchObject({
    incoming: { ports: 'all' },
  });
});

test('every short form', () => {
  const [settings] = resolveSettings(
    sources({
      target: 'po/orders-0',
      incoming: {
        mode: 'steal',
        ports: [
          '3000:80',
          9090,
          '81',
          { service: 1, target: 2 },
          '5353:53/udp',
          '54/udp',
          '55/tcp',
          { service: 3, target: 4, protocol: 'udp' },
        ],
      },
      env: { include: 'DB_*', override: { DEBUG: true, N: 1, TEXT: 'a=b' } },
      outgoing: {
        local: '*.internal:5432',
        remote: ['10.0.0.0/8'],
        podLoopback: 9901,
        unix: '/run/x.sock',
      },
      dns: { local: '*.corp.example' },
      files: { mounts: 'off', read: '/var/lib/orders' },
    }),
  );
  expect(settings).toMatchObject({
    target: { kind: 'pod', name: 'orders-0' },
    incoming: {
      mode: 'steal',
      ports: [
        { service: 3000, target: 80 },
        { service: 9090, target: 9090 },
        { service: 81, target: 81 },
        { service: 1, target: 2 },
        { service: 5353, target: 53, transport: 'udp' },
        { service: 54, target: 54, transport: 'udp' },
        { service: 55, target: 55 },
        { service: 3, target: 4, transport: 'udp' },
      ],
    },
    env: { include: ['DB_*'], override: { DEBUG: 'true', N: '1', TEXT: 'a=b' } },
    outgoing: {
      local: ['*.internal:5432'],
      remote: ['10.0.0.0/8'],
      podLoopback: [9901],
      unix: ['/run/x.sock'],
    },
    dns: { local: ['*.corp.example'], remote: [] },
    files: { mounts: 'off', read: ['/var/lib/orders'] },
  });
  expect(
    resolveSettings(sources({ target: 'pod/a', incoming: 'off', files: 'off' }))[0],
  ).toMatchObject({ incoming: { mode: 'off' }, files: { mounts: 'off', read: [] } });
});

test('an unknown key: its path, its line, the nearest known one', () => {
  expect(refusal({ target: 'pod/a', incomming: 'steal' })).toMatchObject({
    code: 'KDEV2201',
    exitCode: 22,
    fact: 'x-kdev.incomming of service api (compose.yaml:8) is not a key that kdev knows, did you mean incoming?',
    hints: [
      {
        text: 'use a key that is known there: target, namespace, context, container, incoming, outgoing, dns, env, files, agent',
      },
      { command: 'kdev config schema' },
    ],
  });
  expect(refusal({ target: 'pod/a', files: { reed: ['/a'] } })).toMatchObject({
    fact: 'x-kdev.files.reed of service api is not a key that kdev knows, did you mean read?',
  });
  expect(refusal('pod/a', { project: { target: 'pod/b' } })).toMatchObject({
    fact: 'x-kdev.target at the top level is not a key that kdev knows',
  });
});

function filter(value: unknown) {
  return { target: 'pod/a', incoming: { filter: value } };
}

test.each([
  [
    { incoming: 'steel' },
    'x-kdev.incoming',
    '"steel": expected one of mirror, steal, off, did you mean steal?',
  ],
  [
    { incoming: { mode: 'steel' } },
    'x-kdev.incoming.mode',
    '"steel": expected one of mirror, steal, off, did you mean steal?',
  ],
  [{ incoming: 3 }, 'x-kdev.incoming', '3: expected one of mirror, steal, off or a map of keys'],
  [
    { incoming: { ports: ['80:99999'] } },
    'x-kdev.incoming.ports[0]',
    '"80:99999": a port is a number from 1 to 65535',
  ],
  [{ incoming: { ports: [0] } }, 'x-kdev.incoming.ports[0]', '0: expected at least 1'],
  [{ incoming: { ports: [] } }, 'x-kdev.incoming.ports', '[]: expected at least 1 of them'],
  [
    { incoming: { ports: ['http'] } },
    'x-kdev.incoming.ports[0]',
    '"http": expected PORT or "SERVICE:TARGET", each from 1 to 65535',
  ],
  [
    { target: 'orders' },
    'x-kdev.target',
    '"orders": expected pod/NAME or deployment/NAME, did you mean deployment/orders?',
  ],
  [
    { target: 'deploment/orders' },
    'x-kdev.target',
    'expected pod/NAME or deployment/NAME, did you mean deployment/orders?',
  ],
  [
    { namespace: 'Shop' },
    'x-kdev.namespace',
    '"Shop": expected a name of lower-case letters, digits and -',
  ],
  [
    { files: { read: 'etc' } },
    'x-kdev.files.read',
    '"etc": expected an absolute path below / without . and ..',
  ],
  [
    { files: { read: ['/a/../b'] } },
    'x-kdev.files.read[0]',
    '"/a/../b": expected an absolute path below / without . and ..',
  ],
  [
    { env: { override: { SECRET: ['hunter2'] } } },
    'x-kdev.env.override.SECRET',
    'of type object: expected a text or a number or true or false',
  ],
  [{ env: 'all' }, 'x-kdev.env', '"all": expected a map of keys'],
  [
    'orders',
    'x-kdev',
    '"orders": expected pod/NAME or deployment/NAME, did you mean deployment/orders?',
  ],
  [7, 'x-kdev', '7: expected a text or a map of keys'],
  [
    { target: 'pod/a', outgoing: { local: ['10.0.0.*'] } },
    'x-kdev.outgoing.local[0]',
    'written whole',
  ],
  [{ target: 'pod/a', dns: { remote: 'db:80' } }, 'x-kdev.dns.remote', 'expected a name'],
  [{ namespace: 'a' }, 'x-kdev of service api', 'names no target'],
  [null, 'x-kdev of service api', 'names no target'],
  [filter('x-user'), 'x-kdev.incoming.filter', 'expected HEADER=PATTERN, such as x-user=ada'],
  [filter('x-user=~('), 'x-kdev.incoming.filter', 'expected a regular expression of RE2 (missing'],
  [filter({}), 'x-kdev.incoming.filter', 'expected at least one of header, path'],
  [filter({ path: [] }), 'x-kdev.incoming.filter.path', 'expected at least 1'],
  [filter({ path: '~.{999}' }), 'x-kdev.incoming.filter.path', 'at most 256 steps'],
  [filter({ header: { 'x user': 'a' } }), 'x-kdev.incoming.filter.header', 'name of a header'],
  [filter({ body: { user: 1 } }), 'x-kdev.incoming.filter.body', 'expected a path into JSON'],
  [filter({ any: [{ any: [{ path: '~(?=a)' }] }] }), 'filter.any[0].any[0].path', 'of RE2'],
  [filter({ path: Array(64).fill('/') }), 'x-kdev.incoming.filter', 'more than 64 conditions'],
])('a wrong value: %j', (xKdev, path, words) => {
  const { code, fact } = refusal(xKdev);
  expect(code).toBe('KDEV2202');
  expect(fact).toContain(path);
  expect(fact).toContain(words);
});

test.each([
  [{ target: 'pod/a', pods: 'all' }, 'x-kdev.pods'],
  [{ target: 'pod/a', env: { file: 'x' } }, 'x-kdev.env.file'],
  [{ target: 'pod/a', files: { write: ['/a'] } }, 'x-kdev.files.write'],
  [{ target: 'pod/a', agent: { resources: {} } }, 'x-kdev.agent.resources'],
  [{ target: 'statefulset/db' }, 'a target of the kind statefulset'],
  ['cronjobs/nightly', 'a target of the kind cronjob'],
  ['none', 'a service without a target'],
  [{ target: 'pod/a', agent: { mode: 'ephemeral' } }, 'the agent mode ephemeral'],
])('what is not built yet is refused by name: %j', (xKdev, words) => {
  const { code, fact, hints } = refusal(xKdev);
  expect(code).toBe('KDEV2203');
  expect(fact).toContain(words);
  expect(hints).toHaveLength(1);
});

test('a flag or variable of the wrong form is named', () => {
  expect(refusal('pod/a', { flags: { '--incoming': 'stael' } })).toMatchObject({
    code: 'KDEV2204',
    fact: '--incoming is "stael": expected one of mirror, steal, off, did you mean steal?',
  });
  expect(refusal('pod/a', { environment: { KDEV_AGENT_MODE: 'restricted' } })).toMatchObject({
    code: 'KDEV2203',
    fact: 'KDEV_AGENT_MODE asks for what kdev cannot do yet: the agent mode restricted',
  });
});
