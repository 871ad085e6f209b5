import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { isModel, type Model, mapAt, serializeProject, serviceAt } from './model.ts';
import { type RenderedProject, renderProject } from './render-project.ts';
import { namesOnlyPlan, type ServicePlan } from './service-plan.ts';
import { readTemplates } from './templates.ts';

/*
 * Compose projects of many kinds, as Compose resolved them (resolved.yaml), rendered as values. What the real Compose
 * makes of a project and of what is rendered of it, test/network/compose-corpus.test.ts shows.
 */
const corpus = new URL('../../test/fixtures/compose/', import.meta.url);
const templates = readTemplates();

function resolved(name: string): Model {
  return parse(readFileSync(new URL(`${name}/resolved.yaml`, corpus), 'utf8'));
}

const separator = '-';
function planned(project: Model): string[] {
  return Object.entries(mapAt(project, 'services')).flatMap(([name, service]) =>
    isModel(service) && 'x-kdev' in service ? [name] : [],
  );
}

function planFor(service: string): ServicePlan {
  return {
    ...namesOnlyPlan(service, 'kdev/runtime:0.1.0'),
    session: 'q2mfkz7a3bxd',
    target: `deployment/${service} (shop, kind-dev)`,
    hostname: `${service}-7d9f-x2b`,
    linkDirectory: `/run/user/1000/kdev/shop/${service}`,
    incoming: { mode: 'steal', ports: [{ service: 3000, target: 80 }], flush: false },
    environment: {
      values: new Map([['DB_PASSWORD', 'hunter2']]),
      unset: ['HTTP_PROXY'],
      fromPod: 1,
      leftOut: [],
      refused: [],
    },
    files: {
      mounts: [{ path: '/etc/app', stub: 'm/0', how: 'materialise' }],
      materialised: `kdev-files-${service}`,
    },
  };
}

function render(name: string): RenderedProject {
  const model = resolved(name);
  const active = Object.keys(mapAt(model, 'services'));
  return renderProject({ model, active, separator }, planned(model).map(planFor), templates);
}

const reference = (index: number) => `\${KDEV_ENV_${index}}`;

/** Keys that the holder has of the service, and those to which kdev adds. */
const extended = ['networks', 'depends_on', 'environment', 'volumes', 'sysctls', 'links'];
const dropped = ['x-kdev'];

describe.each(readdirSync(corpus))('%s', (name) => {
  const before = resolved(name);
  const { model: after, values } = render(name);
  const ofKdev = planned(before);

  test('what is not of a service stays as it was', () => {
    const { services: _, 'x-kdev': __, volumes = {}, ...others } = before;
    const { services: ___, volumes: allVolumes, ...othersNow } = after;
    expect(othersNow).toEqual(others);
    expect(allVolumes).toMatchObject(volumes as object);
  });

  const plain = Object.keys(mapAt(before, 'services')).filter((one) => !ofKdev.includes(one));
  test.each(plain)('%s, which is not planned, stays as it was', (other) => {
    const { links: _, network_mode: __, ...old } = serviceAt(before, other);
    expect(serviceAt(after, other)).toMatchObject(old);
  });

  test.each(ofKdev)('no key of %s is lost', (service) => {
    const now = serviceAt(after, service);
    const holder = serviceAt(after, `kdev-net-${service}`);
    for (const [key, value] of Object.entries(serviceAt(before, service))) {
      if (dropped.includes(key)) expect(now).not.toHaveProperty(key);
      else if (!extended.includes(key)) expect([now[key], holder[key]]).toContainEqual(value);
    }
    expect(now['network_mode']).toBe(`service:kdev-net-${service}`);
    for (const key of ['ports', 'networks', 'hostname', 'dns', 'extra_hosts', 'links', 'expose']) {
      expect(now).not.toHaveProperty(key);
    }
    expect(mapAt(now, 'depends_on')).toEqual({
      ...mapAt(serviceAt(before, service), 'depends_on'),
      [`kdev-sidecar-${service}`]: { condition: 'service_healthy', required: true },
    });
    expect(serviceAt(after, `kdev-sidecar-${service}`)).toMatchObject({
      image: 'kdev/runtime:0.1.0',
      network_mode: `service:kdev-net-${service}`,
      labels: { 'kdev.dev/part': 'sidecar', 'kdev.dev/service': service },
    });
  });

  test('no value of the pod is in the file', () => {
    expect(serializeProject(after)).not.toContain('hunter2');
    expect([...values.values()]).toEqual(ofKdev.map(() => 'hunter2'));
  });
});

test('minimal: the whole of it', () => {
  const { model, values, unset, shadowed } = render('minimal');
  expect(model).toEqual({
    name: 'minimal',
    networks: { default: { name: 'minimal_default' } },
    volumes: { 'kdev-files-api': { name: 'kdev-files-api', external: true } },
    services: {
      api: {
        image: 'app:1',
        network_mode: 'service:kdev-net-api',
        depends_on: { 'kdev-sidecar-api': { condition: 'service_healthy', required: true } },
        environment: { DB_PASSWORD: reference(0), HTTP_PROXY: null },
        volumes: [
          {
            type: 'volume',
            source: 'kdev-files-api',
            target: '/etc/app',
            read_only: true,
            volume: { subpath: 'm/0', nocopy: true },
          },
        ],
      },
      'kdev-net-api': {
        entrypoint: ['sleep', 'infinity'],
        user: '65534:65534',
        init: true,
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        restart: 'no',
        stop_grace_period: '1s',
        attach: false,
        pull_policy: 'never',
        image: 'kdev/runtime:0.1.0',
        hostname: 'api-7d9f-x2b',
        networks: { default: { aliases: ['api', 'minimal-api-1'] } },
        labels: {
          'kdev.dev/session': 'q2mfkz7a3bxd',
          'kdev.dev/project': 'minimal',
          'kdev.dev/service': 'api',
          'kdev.dev/part': 'holder',
          'kdev.dev/link': '/run/user/1000/kdev/shop/api',
        },
      },
      'kdev-sidecar-api': {
        entrypoint: ['node', '/kdev/sidecar.mjs', 'run'],
        user: '0:0',
        init: true,
        cap_drop: ['ALL'],
        cap_add: ['NET_ADMIN', 'NET_RAW'],
        restart: 'unless-stopped',
        stop_grace_period: '1s',
        attach: false,
        pull_policy: 'never',
        healthcheck: {
          test: ['CMD', 'node', '/kdev/sidecar.mjs', 'health'],
          start_period: '20s',
          start_interval: '200ms',
          interval: '10s',
          timeout: '5s',
          retries: 2,
        },
        image: 'kdev/runtime:0.1.0',
        network_mode: 'service:kdev-net-api',
        environment: {
          KDEV_CONFIG: JSON.stringify({
            protocol: 2,
            session: 'q2mfkz7a3bxd',
            service: 'api',
            linkDirectory: '/kdev/run',
            incoming: { mode: 'steal', ports: [{ service: 3000, target: 80 }], flush: false },
            outgoing: { local: [], remote: [], podLoopback: [] },
            dns: { local: [], remote: [] },
            localNames: ['api', 'gateway.docker.internal', 'host.docker.internal', 'minimal-api-1'],
            files: {
              materialised: '/kdev/files',
              mounts: [{ path: '/etc/app', stub: 'm/0', how: 'materialise' }],
            },
          }),
        },
        volumes: [
          {
            type: 'bind',
            source: '/run/user/1000/kdev/shop/api',
            target: '/kdev/run',
            bind: { create_host_path: false },
          },
          { type: 'volume', source: 'kdev-files-api', target: '/kdev/files' },
        ],
        labels: expect.objectContaining({
          'kdev.dev/part': 'sidecar',
          'kdev.dev/target': 'deployment/api (shop, kind-dev)',
        }),
      },
    },
  });
  expect([...values]).toEqual([['KDEV_ENV_0', 'hunter2']]);
  expect(unset).toEqual(['HTTP_PROXY']);
  expect(shadowed).toEqual([]);
});

const part = (name: string, service: string) => serviceAt(render(name).model, service);

test('networks: their options stay, the names are added to each', () => {
  expect(part('networks', 'kdev-net-api')['networks']).toEqual({
    back: { aliases: ['api', 'networks-api-1'], priority: 10 },
    front: { aliases: ['api', 'networks-api-1', 'orders'], ipv4_address: '172.30.0.9' },
  });
  const { KDEV_CONFIG } = mapAt(part('networks', 'kdev-sidecar-api'), 'environment');
  expect(JSON.parse(String(KDEV_CONFIG)).localNames).toEqual([
    'api',
    'db',
    'gateway.docker.internal',
    'host.docker.internal',
    'networks-api-1',
    'networks-db-1',
    'orders',
  ]);
});

test("names-and-hosts: the user's hostname goes before the pod's", () => {
  expect(part('names-and-hosts', 'kdev-net-api')).toMatchObject({
    hostname: 'api-host',
    domainname: 'example.test',
    dns: ['9.9.9.9', '1.1.1.1'],
    extra_hosts: ['host.docker.internal=host-gateway', 'ldap=10.1.2.3'],
  });
});

test('links: to and from the service', () => {
  expect(part('links', 'kdev-net-api')).toMatchObject({
    links: ['db:database'],
    external_links: ['legacy:old'],
  });
  expect(part('links', 'web')['links']).toEqual(['kdev-net-api:api', 'kdev-net-api:backend', 'db']);
});

test("developed: a mount of the user's own hides the pod's file, and that is told", () => {
  expect(part('developed', 'api')).not.toHaveProperty('volumes');
  expect(render('developed').shadowed).toEqual([{ service: 'api', path: '/etc/app' }]);
});

test('environment: names that Compose gives stay, those of the pod join them', () => {
  expect(part('environment', 'api')['environment']).toEqual({
    DB_PASSWORD: reference(0),
    DOLLAR: 'a$$b$${c}',
    EMPTY: '',
    FILE_ONE: 'x y',
    FILE_TWO: '$$z',
    FROM_SHELL: null,
    HTTP_PROXY: null,
    PLAIN: '1',
    SPACE: ' a b',
  });
});

test('profiles: a service that does not run takes no name from the pod', () => {
  const model = resolved('profiles');
  const project = { model, active: ['web'], separator } as const;
  const rendered = renderProject(project, [planFor('api')], templates);
  const sidecar = serviceAt(rendered.model, 'kdev-sidecar-api');
  const { localNames } = JSON.parse(String(mapAt(sidecar, 'environment')['KDEV_CONFIG']));
  expect(localNames).toContain('web');
  expect(localNames).not.toContain('postgres');
  expect(serviceAt(rendered.model, 'postgres')).toHaveProperty('profiles', ['local-db']);
});

test('profiles: the whole of a service has its profiles', () => {
  const { services } = render('profiles').model;
  for (const name of ['api', 'kdev-net-api', 'kdev-sidecar-api']) {
    expect(mapAt({ services: services ?? null }, 'services')[name]).toHaveProperty('profiles', [
      'cluster',
    ]);
  }
});

test('two-of-kdev: only the planned one is changed; without any plan the project is as it was', () => {
  const model = resolved('two-of-kdev');
  const active = ['orders', 'payments', 'web'];
  const one = renderProject({ model, active, separator }, [planFor('orders')], templates).model;
  expect(Object.keys(mapAt(one, 'services')).sort()).toEqual([
    'kdev-net-orders',
    'kdev-sidecar-orders',
    'orders',
    'payments',
    'web',
  ]);
  const { 'x-kdev': _, ...plainPayments } = serviceAt(model, 'payments');
  expect(serviceAt(one, 'payments')).toEqual(plainPayments);
  const none = renderProject({ model, active, separator }, [], templates);
  expect(none.model).toEqual({
    name: 'two-of-kdev',
    networks: model['networks'],
    services: {
      orders: expect.not.objectContaining({ 'x-kdev': expect.anything() }),
      payments: plainPayments,
      web: serviceAt(model, 'web'),
    },
  });
});

test('joined-by-others: who joins the service joins its holder', () => {
  expect(part('joined-by-others', 'debugger')).toMatchObject({
    network_mode: 'service:kdev-net-api',
    pid: 'service:api',
    volumes_from: ['api'],
    depends_on: { api: { condition: 'service_started' } },
  });
});

test('many-keys: sysctls of the network go with it', () => {
  expect(part('many-keys', 'kdev-net-api')['sysctls']).toEqual({ 'net.core.somaxconn': '1024' });
  expect(part('many-keys', 'api')['sysctls']).toEqual({ 'kernel.msgmax': '65536' });
});

test('unknown-keys: a container name of its own stays a name on the network', () => {
  expect(part('unknown-keys', 'kdev-net-my.api_1-x')['networks']).toEqual({
    default: { aliases: ['my.api_1-x', 'the-api'] },
  });
  expect(part('unknown-keys', 'my.api_1-x')).toMatchObject({
    container_name: 'the-api',
    'x-anything': { deep: [{ er: true }], text: '$$1' },
  });
});
