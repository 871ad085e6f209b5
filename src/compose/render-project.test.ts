import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { mapAt, serializeProject, serviceAt, unescapeDollars, unescapeKeys } from './model.ts';
import { renderProject } from './render-project.ts';
import { namesOnlyPlan, type ServicePlan } from './service-plan.ts';
import { readTemplates } from './templates.ts';

const templates = readTemplates();
const project = {
  model: { name: 'shop', services: { api: { image: 'app:1', networks: { default: null } } } },
  active: ['api'],
  separator: '-' as const,
};
const plan: ServicePlan = namesOnlyPlan('api', 'kdev/runtime:0.1.0');

function renderWith(values: Record<string, string>) {
  const environment = { ...plan.environment, values: new Map(Object.entries(values)) };
  return renderProject(project, [{ ...plan, environment }], templates);
}

test('a value of any length comes together again from its parts', () => {
  const unit = fc.constantFrom('a', 'é', '€', '😀', '$', '\n');
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 40 }), fc.nat(40_000), (pattern, times) => {
      const value = pattern.join('').repeat(Math.ceil(times / (pattern.length || 1)));
      const { model, values } = renderWith({ V: value });
      const names = String(mapAt(serviceAt(model, 'api'), 'environment')['V']);
      expect(names).toMatch(/^(\$\{KDEV_ENV_\d+\})+$/);
      const parts = [...names.matchAll(/KDEV_ENV_\d+/g)].map(([name]) => values.get(name) ?? '');
      expect(parts.join('')).toBe(value);
      for (const part of parts) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(100_000);
    }),
    { numRuns: 10 },
  );
});

test('a unix socket of the pod: one file of the volume; a new sidecar takes the service with it', () => {
  const files = {
    mounts: [{ path: '/run/x.sock', stub: 'm/0', how: 'socket' as const }],
    materialised: 'shop_kdev-files-api',
  };
  const { model } = renderProject(project, [{ ...plan, files }], templates);
  expect(serviceAt(model, 'api')).toMatchObject({
    volumes: [{ target: '/run/x.sock', volume: { subpath: 'm/0' } }],
    depends_on: { 'kdev-sidecar-api': { condition: 'service_healthy', restart: true } },
  });
});

test('FUSE mounts: the capability, the device, the shared directory, the volume held by name', () => {
  const { model } = renderProject(
    project,
    [
      {
        ...plan,
        files: {
          mounts: [{ path: '/var/lib/$x', stub: 'm/0', how: 'fuse' }],
          mounted: {
            volume: 'shop_kdev-mounts-api',
            mountpoint: '/var/lib/docker/volumes/x/_data',
          },
        },
      },
    ],
    templates,
  );
  expect(serviceAt(model, 'kdev-sidecar-api')).toMatchObject({
    cap_drop: ['ALL'],
    cap_add: ['NET_ADMIN', 'NET_RAW', 'SYS_ADMIN'],
    devices: ['/dev/fuse:/dev/fuse'],
    security_opt: ['apparmor=unconfined'],
    volumes: [
      { target: '/kdev/run' },
      {
        type: 'bind',
        source: '/var/lib/docker/volumes/x/_data',
        target: '/kdev/mounts',
        bind: { propagation: 'rshared' },
      },
      { type: 'volume', source: 'shop_kdev-mounts-api', target: '/kdev/held', read_only: true },
    ],
  });
  expect(serviceAt(model, 'kdev-sidecar-api')).not.toHaveProperty('x-fuse');
  expect(serviceAt(model, 'api')['volumes']).toEqual([
    {
      type: 'volume',
      source: 'shop_kdev-mounts-api',
      target: '/var/lib/$$x',
      read_only: true,
      volume: { subpath: 'm/0', nocopy: true },
    },
  ]);
  expect(model['volumes']).toEqual({
    'shop_kdev-mounts-api': { name: 'shop_kdev-mounts-api', external: true },
  });
});

test('a project without x-kdev is handed back as it was', () => {
  expect(renderProject(project, [], templates).model).toEqual(project.model);
});

test('a serialized project is the same to a YAML reader', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
      expect(parse(serializeProject({ texts }))).toEqual({ texts });
    }),
    { numRuns: 30 },
  );
  expect(serializeProject({ a: '\u0085\u2028\u2029\ufeff' })).toContain(
    '"\\u0085\\u2028\\u2029\\ufeff"',
  );
}, 60_000);

test('dollars', () => {
  expect(unescapeDollars({ a: ['$$x', 1, { b: '$$$$' }] })).toEqual({ a: ['$x', 1, { b: '$$' }] });
  expect(unescapeKeys({ A$$: { b$$: '$$' }, list: [{ c$$: 1 }] })).toEqual({
    A$: { b$: '$$' },
    list: [{ c$: 1 }],
  });
});

test('--compatibility: the container is found by the name that Compose gives it then', () => {
  const { model } = renderProject({ ...project, separator: '_' }, [plan], templates);
  const { networks } = serviceAt(model, 'kdev-net-api');
  expect(networks).toEqual({ default: { aliases: ['api', 'shop_api_1'] } });
});
