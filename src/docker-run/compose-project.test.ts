import { expect, test } from 'vitest';
import { composeProject } from './compose-project.ts';
import { dockerOptions } from './options.ts';
import { parseWords } from './parse-words.ts';

const files: Readonly<Record<string, string>> = {
  'dev.env': '# a comment\nQUOTED="as it is"\n  PLAIN=a=b \nINHERITED\n',
  labels: 'one=1\n',
};

function translate(...words: string[]) {
  const parsed = parseWords(words, { command: 'run', options: dockerOptions });
  const [image = '', ...command] = parsed.words;
  return composeProject(
    { given: parsed.given, image, command, xKdev: {} },
    {
      project: 'kdev-run-orders',
      service: 'orders',
      containerName: 'kdev-run-orders',
      directory: '/home/ada',
      readFile: (path) => files[path] ?? '',
      labels: { 'kdev.dev/run': 'orders' },
    },
  );
}

function serviceOf(...words: string[]): Readonly<Record<string, unknown>> {
  const { services } = translate(...words, 'image').model;
  return Object(services).orders;
}

test('an image and its command, on the bridge of Docker', () => {
  expect(translate('node:24', 'node', '-e', 'print($1)').model).toEqual({
    name: 'kdev-run-orders',
    services: {
      orders: {
        image: 'node:24',
        command: ['node', '-e', 'print($$1)'],
        container_name: 'kdev-run-orders',
        network_mode: 'bridge',
        labels: { 'kdev.dev/run': 'orders' },
        environment: {},
        volumes: [],
        'x-kdev': {},
      },
    },
    volumes: {},
  });
});

test.each<[words: string, key: string, value: unknown]>([
  ['-it', 'stdin_open', true],
  ['-it', 'tty', true],
  ['-p 8080:80 -p 127.0.0.1::53/udp', 'ports', ['8080:80', '127.0.0.1::53/udp']],
  ['--entrypoint sh', 'entrypoint', ['sh']],
  ['--entrypoint=', 'entrypoint', ['']],
  ['-w /src', 'working_dir', '/src'],
  ['-u 1000:1000', 'user', '1000:1000'],
  ['-m 64m', 'mem_limit', '64m'],
  ['--memory-swap -1', 'memswap_limit', -1],
  ['--cpus 1.5', 'cpus', 1.5],
  [
    '--ulimit nofile=1024:2048 --ulimit nproc=5',
    'ulimits',
    { nofile: { soft: 1024, hard: 2048 }, nproc: { soft: 5, hard: 5 } },
  ],
  [
    '--health-cmd true --health-retries 2 --health-interval 3s',
    'healthcheck',
    { test: ['CMD-SHELL', 'true'], retries: 2, interval: '3s' },
  ],
  ['--no-healthcheck', 'healthcheck', { disable: true }],
  [
    '--log-driver json-file --log-opt max-size=1m',
    'logging',
    { driver: 'json-file', options: { 'max-size': '1m' } },
  ],
  [
    '--device-read-bps /dev/sda:1mb',
    'blkio_config',
    { device_read_bps: [{ path: '/dev/sda', rate: '1mb' }] },
  ],
  [
    '--blkio-weight-device /dev/sda:200',
    'blkio_config',
    { weight_device: [{ path: '/dev/sda', weight: 200 }] },
  ],
  ['--stop-timeout 5', 'stop_grace_period', '5s'],
  ['--volumes-from other:ro', 'volumes_from', ['container:other:ro']],
  ['--sysctl net.core.somaxconn=9', 'sysctls', { 'net.core.somaxconn': '9' }],
  ['--pull never', 'pull_policy', 'never'],
  [
    '--gpus all',
    'deploy',
    { resources: { reservations: { devices: [{ capabilities: ['gpu'], count: 'all' }] } } },
  ],
  [
    '--gpus "device=0,1"',
    'deploy',
    {
      resources: { reservations: { devices: [{ capabilities: ['gpu'], device_ids: ['0', '1'] }] } },
    },
  ],
  [
    '-l a=$b -l c --label-file labels',
    'labels',
    { a: '$$b', c: '', one: '1', 'kdev.dev/run': 'orders' },
  ],
  [
    '--env-file dev.env -e PLAIN=mine -e NAMED',
    'environment',
    { QUOTED: '"as it is"', PLAIN: 'mine', INHERITED: null, NAMED: null },
  ],
])('%s is %s', (words, key, value) => {
  expect(serviceOf(...words.split(' '))).toHaveProperty([key], value);
});

test.each<[words: string, mount: object, volume?: object]>([
  [
    '-v ./src:/src:ro',
    {
      type: 'bind',
      source: '/home/ada/src',
      target: '/src',
      read_only: true,
      bind: { create_host_path: true },
    },
  ],
  [
    '-v /a:/b:rshared,z',
    {
      type: 'bind',
      source: '/a',
      target: '/b',
      bind: { create_host_path: true, propagation: 'rshared', selinux: 'z' },
    },
  ],
  [
    '-v data:/data:nocopy',
    { type: 'volume', source: 'data', target: '/data', volume: { nocopy: true } },
    { name: 'data' },
  ],
  ['-v /cache', { type: 'volume', target: '/cache' }],
  [
    '--volume-driver nfs -v data:/data',
    { type: 'volume', source: 'data', target: '/data' },
    { name: 'data', driver: 'nfs' },
  ],
  [
    '--mount type=bind,src=x,dst=/x,readonly',
    {
      type: 'bind',
      source: '/home/ada/x',
      target: '/x',
      read_only: true,
      bind: { create_host_path: false },
    },
  ],
  [
    '--mount type=tmpfs,target=/t,tmpfs-size=64m,tmpfs-mode=1770',
    { type: 'tmpfs', target: '/t', tmpfs: { size: '64m', mode: 0o1770 } },
  ],
  [
    '--mount source=data,target=/d,volume-subpath=sub,"volume-opt=o=a,b",volume-label=x=y',
    { type: 'volume', source: 'data', target: '/d', volume: { subpath: 'sub' } },
    { name: 'data', driverOptions: ['o=a,b'], labels: ['x=y'] },
  ],
])('%s', (words, mount, volume) => {
  const { model, volumes } = translate(...words.split(' '), 'image');
  expect(Object(model['services']).orders.volumes).toEqual([mount]);
  expect(volumes).toEqual(volume ? [volume] : []);
  const names = volumes.map(({ name }) => [name, { name, external: true }]);
  expect(model['volumes']).toEqual(Object.fromEntries(names));
});

test('networks of your own, each with what belongs to it', () => {
  const { model } = translate(
    ...'--network shop --network-alias api --ip 10.1.0.5 --network name=other,alias=x image'.split(
      ' ',
    ),
  );
  expect(Object(model['services']).orders.networks).toEqual({
    shop: { aliases: ['api'], ipv4_address: '10.1.0.5' },
    other: { aliases: ['x'] },
  });
  expect(model['networks']).toEqual({
    shop: { name: 'shop', external: true },
    other: { name: 'other', external: true },
  });
});

test.each([
  ['--network host', /cannot take --network host: the container would have no network/],
  ['--network container:other', /cannot take --network container:other/],
  ['--attach stdout', /cannot take --attach: a container is attached to whole/],
  ['-P', /cannot take --publish-all/],
  ['--cpuset-mems 0', /cannot take --cpuset-mems/],
  ['--sig-proxy=false', /cannot take --sig-proxy/],
  ['--ip 10.0.0.1', /--ip needs a network of your own/],
  ['-v rel/a:/b', /rel\/a is no name of a volume/],
  ['-v /a:b', /with an absolute TARGET/],
  ['-v /a:/b:odd', /a mode that is not known there: odd/],
  ['--volume-driver nfs -v /data', /--volume-driver is for volumes with a name/],
  ['--mount type=bind,target=/x', /has no source/],
  ['--mount type=npipe,target=/x', /type=bind, volume or tmpfs/],
  ['--mount target=/x,tmpfs-size=1', /tmpfs-size is of type=tmpfs/],
  ['--mount target=/x,readnly', /nothing called readnly .*did you mean readonly/],
  ['--ulimit nofile', /--ulimit is NAME=SOFT/],
  ['--cpus many', /--cpus is a number/],
])('%s is refused', (words, fact) => {
  expect(() => serviceOf(...words.split(' '))).toThrow(fact);
});

test.each(['--sig-proxy', '--disable-content-trust', '--publish-all=false'])(
  '%s changes nothing',
  (word) => {
    expect(serviceOf(word)).toEqual(serviceOf());
  },
);
