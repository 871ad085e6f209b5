import { expect, test } from 'vitest';
import type { KdevError } from '../errors/kdev-error.ts';
import type { Model } from './model.ts';
import { injectionError } from './refuse-injection.ts';
import { refuseServices } from './refuse-services.ts';

const lines: Record<string, string> = {
  network_mode: 'compose.yaml:5',
  'deploy.replicas': 'compose.yaml:9',
};

function refusalError(
  service: Model,
  scales: Record<string, number> = {},
  others: Model = {},
  xKdev: unknown = 'pod/a',
  version: readonly number[] = [2, 37, 3],
) {
  try {
    refuseServices(
      {
        model: { services: { api: service, ...others } },
        xKdev: { services: new Map([['api', xKdev]]), project: undefined },
        envFileHas: (name) => name === 'IN_DOT_ENV',
        version,
        locate: (path) => lines[path.slice(2).join('.')],
      },
      ['api'],
      new Map(Object.entries(scales)),
    );
  } catch (error) {
    expect([22, 23]).toContain((error as KdevError).exitCode);
    return error as KdevError;
  }
  return undefined;
}

function refusal(...given: Parameters<typeof refusalError>) {
  const error = refusalError(...given);
  return error && `${error.code} ${error.fact}`;
}

test.each(['host', 'none', 'container:x'])('network_mode %s is refused', (mode) => {
  expect(refusal({ network_mode: mode })).toBe(
    `KDEV2301 service api has x-kdev and network_mode: ${mode} (compose.yaml:5), so it has no network of its own to intercept`,
  );
});

test('who joins another service', () => {
  expect(refusal({ network_mode: 'service:db' })).toBe(
    'KDEV2303 service api has x-kdev and joins the network of db (compose.yaml:5)',
  );
});

test('more than one of it', () => {
  expect(refusal({ scale: 2 })).toContain('KDEV2302 service api has x-kdev and scale: 2');
  expect(refusal({ deploy: { replicas: 3 } })).toContain('deploy.replicas: 3');
  expect(refusal({}, { api: 2 })).toContain('--scale api=2');
  expect(refusal({ scale: 2 }, { api: 1 })).toBeUndefined();
  expect(refusal({ scale: 1, deploy: { replicas: 1 } }, { web: 5 })).toBeUndefined();
});

test('the hint says what to write instead', () => {
  const advice = (...given: Parameters<typeof refusalError>) =>
    refusalError(...given)?.hints.map(({ text, command }) => command ?? text);
  const once = 'kdev compose up --scale api=1';
  expect(advice({ deploy: { replicas: 2 } })).toEqual([
    'write "replicas: 1" in services.api.deploy (compose.yaml:9)',
    once,
  ]);
  expect(advice({ scale: 2 })).toEqual(['write "scale: 1" in services.api', once]);
  expect(advice({}, { api: 2 })).toEqual(['leave out --scale api=2', once]);
});

test("a name that is kdev's", () => {
  expect(refusal({}, {}, { 'kdev-net-api': { image: 'x' } })).toContain(
    'KDEV2304 the project has a service kdev-net-api',
  );
});

test('all else passes', () => {
  expect(refusal({ network_mode: 'bridge' })).toBeUndefined();
  expect(refusal({ image: 'x', networks: { default: null } })).toBeUndefined();
});

test('a name that cannot be taken away', () => {
  const unset = (name: string) => refusal({}, {}, {}, { env: { unset: [name] } });
  expect(unset('IN_DOT_ENV')).toBe(
    "KDEV2202 x-kdev.env.unset of service api cannot take away IN_DOT_ENV: the project's .env sets it, and Compose would hand that to the service",
  );
  expect(unset('PATH')).toContain('cannot take away PATH: Compose itself needs it');
  expect(unset('HTTP_PROXY')).toBeUndefined();
});

test('a service that a provider makes, or whose containers have a kernel of their own', () => {
  expect(refusal({ provider: { type: 'model' } })).toBe(
    'KDEV2306 service api has x-kdev and provider: model, so it has no container to intercept',
  );
  for (const runtime of ['runsc', 'kata-qemu', 'io.containerd.runsc.v1']) {
    expect(refusal({ runtime })).toContain(`runtime: ${runtime}, whose containers have a kernel`);
  }
  for (const runtime of ['runc', 'nvidia', 'crun', 'io.containerd.runc.v2']) {
    expect(refusal({ runtime })).toBeUndefined();
  }
  expect(refusal({ isolation: 'default', platform: 'linux/arm64' })).toBeUndefined();
});

test('a file that Compose copies in, until it does so later', () => {
  const service = { configs: [{ source: 'motd' }] };
  const of = (xKdev: unknown, version: readonly number[]) => {
    const others = { configs: { motd: { content: 'hello' } } };
    const project = { services: { api: service }, ...others };
    return injectionError(
      'api',
      {
        model: project,
        xKdev: { services: new Map([['api', xKdev]]), project: { files: 'off' } },
        version,
        locate: () => undefined,
      },
      () => '',
    )?.code;
  };
  const shown = { files: 'auto' };
  expect(of(shown, [2, 37, 2])).toBe('KDEV2307');
  expect(of({ files: { mounts: 'off', read: ['/data'] } }, [2, 26, 1])).toBe('KDEV2307');
  expect(of(shown, [2, 37, 3])).toBeUndefined();
  expect(of(shown, [5, 0])).toBeUndefined();
  expect(of({ files: { mounts: 'off' } }, [2, 26, 1])).toBeUndefined();
  expect(of('pod/a', [2, 26, 1])).toBeUndefined();
});
