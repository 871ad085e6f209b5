import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../run/shell.ts';
import type { Seen } from './client.ts';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import { processesOf } from './host-processes.ts';
import type { Pod } from './pod.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

const languages = ['node', 'go', 'c', 'python'] as const;
const resolver6 = 'fd6b:6465:7601::a';
const blackHole = '198.51.100.10';
let world: World;
/** Has an IPv6 address alone. */
let target: Pod;
let target6: string;
let peer6: string;
let peerService: string;
let client: PodClient;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  const onIpv6 = [{ name: 'BIND', value: '::' }];
  const [peer] = await Promise.all([
    world.deploy({ name: 'peer', language: 'go', env: onIpv6 }),
    world.client().then((made) => {
      client = made;
    }),
  ]);
  peer6 = await address6(peer);
  const pod = {
    dnsPolicy: 'None',
    dnsConfig: {
      nameservers: [resolver6],
      searches: [`${world.namespace}.svc.cluster.local`, 'svc.cluster.local', 'cluster.local'],
      options: [{ name: 'ndots', value: '5' }],
    },
    hostAliases: [
      { ip: blackHole, hostnames: ['half-dead'] },
      { ip: peer6, hostnames: ['half-dead'] },
    ],
  };
  target = await world.deploy({ name: 'orders', language: 'go', env: onIpv6, pod });
  target6 = await address6(target);
  await removeIpv4(target);
  await Promise.all([onlyIpv6('orders'), onlyIpv6('peer')]);
  peerService = await world.kubectl(
    ...['get', 'service', 'peer-six', '-o', 'jsonpath={.spec.clusterIP}'],
  );
  const xKdev = { target: 'deployment/orders', incoming: 'off' };
  const stealing = { ...xKdev, incoming: 'steal' };
  project = await world.project({
    services: {
      ...Object.fromEntries(
        languages.map((language) => [language, composeApp({ language, xKdev })]),
      ),
      orders: composeApp({ language: 'c', xKdev: stealing, environment: { BIND: '::' } }),
    },
  });
  await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());

async function address6({ name }: Pod): Promise<string> {
  const path = 'jsonpath={.status.podIPs[1].ip}';
  return await world.kubectl('get', 'pod', name, '-o', path);
}

/** As in a cluster of IPv6 alone: the pod's network keeps no other address. */
async function removeIpv4({ containerId }: Pod): Promise<void> {
  const [pid] = processesOf(containerId);
  await run('nsenter', ['--target', `${pid}`, '--net', 'ip', '-4', 'address', 'flush', 'eth0']);
}

/** A Service of IPv6 alone, with a port on the node. */
async function onlyIpv6(app: string): Promise<void> {
  const ports = [{ port: 8080 }];
  const families = { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6'] };
  await world.apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${app}-six` },
    spec: { type: 'NodePort', selector: { app }, ports, ...families },
  });
}

async function fetched(service: string, from: string): Promise<Seen> {
  const { body, error } = await project.ask(service, 'GET', `/fetch?url=${from}`);
  expect([from, error]).toEqual([from, undefined]);
  return JSON.parse(String(body));
}

describe.each(languages)('%s', (service) => {
  test('scenario 17: a Service and a pod of IPv6, from a target that has IPv6 alone', async () => {
    for (const name of ['peer-six', `peer-six.${world.namespace}.svc.cluster.local`]) {
      const seen = await fetched(service, `http://${name}:8080/from-${service}`);
      expect([name, seen.app, seen.peer.address]).toEqual([name, 'target-peer', target6]);
    }
    for (const host of [peerService, peer6]) {
      const connected = await project.ask(service, 'GET', `/connect?host=${host}&port=8080`);
      expect([host, connected]).toMatchObject([host, { connected: true }]);
    }
  });

  test('scenario 18: the errno of the pod, also for IPv4, which it has not', async () => {
    for (const [query, error] of [
      [`host=${peer6}&port=81`, 'ECONNREFUSED'],
      ['host=2001:db8::9&port=80', 'ENETUNREACH'],
      ['host=10.96.0.1&port=443', 'ENETUNREACH'],
    ] as const) {
      const [inThePod, inTheService] = await Promise.all([
        target.ask('GET', `/connect?${query}`),
        project.ask(service, 'GET', `/connect?${query}`),
      ]);
      expect([query, inThePod]).toMatchObject([query, { error }]);
      expect([query, inTheService]).toMatchObject([query, { error }]);
    }
  });

  test('scenario 20: AAAA by a nameserver of IPv6; without one the name has no A', async () => {
    const resolve = async (type: string) =>
      await project.ask(service, 'GET', `/resolve?name=peer-six&type=${type}`);
    expect((await resolve('AAAA'))['addresses']).toEqual([peerService]);
    expect((await resolve('A'))['error']).toBeDefined();
  });
});

test.each(['node', 'go'])('scenario 18: happy eyeballs, %s', async (service) => {
  const seen = await fetched(service, 'http://half-dead:8080/');
  expect(seen).toMatchObject({ app: 'target-peer', peer: { address: target6 } });
});

test('scenario 1: a client of IPv6 is answered by the service, which sees its true address', async () => {
  const service6 = 'http://orders-six:8080/things';
  const { local, body } = await client.request({ url: service6 });
  expect(body).toMatchObject({ app: 'service', path: '/things', peer: local });
  expect(local?.address).toContain(':');
  expect((await target.log()).requests).toEqual([]);
});

test('scenario 16: through a port of the node, by its IPv6 address', async () => {
  const { container } = world.ground.cluster;
  const [port, node6] = await Promise.all([
    world.kubectl('get', 'service', 'orders-six', '-o', 'jsonpath={.spec.ports[0].nodePort}'),
    world.kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].status.addresses[1].address}'),
  ]);
  const answer = await run('docker', [
    ...['exec', container, 'curl', '--silent', '--globoff', `http://[${node6}]:${port}/`],
  ]);
  expect(JSON.parse(answer)).toMatchObject({ app: 'service' });
});

test('scenario 1: after the end the target answers again, by IPv6', async () => {
  await project.compose('down');
  await eventually('the target answers', { deadlineMs: 10_000 }, async () => {
    const answer = await client.request({ url: 'http://orders-six:8080/' });
    if (answer.body?.app !== 'target-orders') throw new Error(`${answer.body?.app} answers`);
  });
  await project.nothingLeft(5_000);
});
