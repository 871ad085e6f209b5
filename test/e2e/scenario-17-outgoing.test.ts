import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../run/shell.ts';
import type { Seen } from './client.ts';
import { composeApp } from './compose-app.ts';
import type { AppAnswer, Pod } from './pod.ts';
import type { Project } from './project.ts';
import { World } from './world.ts';

const languages = ['go', 'c', 'python'] as const;
const unroutable = '203.0.113.9';
const blackHole = '198.51.100.9';
let world: World;
let target: Pod;
let peer: Pod;
let peerService: string;
let emptyService: string;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  peer = await world.deploy({ name: 'peer', language: 'go', rawPort: 9000 });
  await world.apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'empty' },
    spec: { selector: { app: 'nobody' }, ports: [{ port: 8080 }] },
  });
  const addressOf = (service: string) =>
    world.kubectl('get', 'service', service, '-o', 'jsonpath={.spec.clusterIP}');
  [peerService, emptyService] = await Promise.all([addressOf('peer'), addressOf('empty')]);
  target = await world.deploy({
    name: 'orders',
    language: 'go',
    pod: {
      hostAliases: [
        { ip: peer.address, hostnames: ['only-in-hosts', 'two-addresses'] },
        { ip: 'fd00:6b64:6576::9', hostnames: ['two-addresses'] },
      ],
    },
  });
  await onNode('ip', 'route', 'replace', 'blackhole', `${blackHole}/32`);
  const xKdev = { target: 'deployment/orders', incoming: 'off' };
  project = await world.project({
    services: Object.fromEntries(
      languages.map((language) => [language, composeApp({ language, xKdev })]),
    ),
  });
  await project.up();
});
afterAll(async () => {
  await onNode('ip', 'route', 'del', 'blackhole', `${blackHole}/32`);
  await world[Symbol.asyncDispose]();
});

async function onNode(...command: string[]): Promise<void> {
  await run('docker', ['exec', world.ground.cluster.container, ...command]);
}

async function fetched(service: string, url: string): Promise<Seen> {
  const { body, error } = await project.ask(service, 'GET', `/fetch?url=${url}`);
  expect(error).toBeUndefined();
  return JSON.parse(String(body));
}

describe.each(languages)('%s', (service) => {
  test('scenario 17: a Service by short name, full name and address, and a pod by its address', async () => {
    const names = [`peer.${world.namespace}`, `peer.${world.namespace}.svc.cluster.local`];
    for (const host of ['peer', ...names, peerService, peer.address]) {
      const seen = await fetched(service, `http://${host}:8080/from-${service}`);
      expect([host, seen.app]).toEqual([host, 'target-peer']);
      // The server sees the target's pod, not this machine.
      expect(seen.peer.address).toBe(target.address);
    }
  });

  test("scenario 17: a name that only the pod's /etc/hosts has", async () => {
    const seen = await fetched(service, 'http://only-in-hosts:8080/');
    expect(seen.app).toBe('target-peer');
  });

  test('scenario 18: refused, by a closed port and by a Service without pods', async () => {
    await failsAsInThePod(service, `host=${peer.address}&port=81`, 'ECONNREFUSED');
    await failsAsInThePod(service, `host=${emptyService}&port=8080`, 'ECONNREFUSED');
  });

  test('scenario 18: no route', async () => {
    await failsAsInThePod(service, `host=${unroutable}&port=80`, 'ENETUNREACH');
  });

  test('scenario 18: nobody has the address', async () => {
    const nobody = peer.address.replace(/\d+$/, '253');
    await failsAsInThePod(service, `host=${nobody}&port=80&timeoutMs=8000`, 'EHOSTUNREACH');
  });

  test('scenario 18: a black hole', async () => {
    await failsAsInThePod(service, `host=${blackHole}&port=80&timeoutMs=2000`, 'timeout');
  });

  test('scenario 18: a reset after the connection was accepted', async () => {
    const query = `/connect?host=peer&port=9000&send=${encodeURIComponent('reset\n')}`;
    const inThePod = await target.ask('GET', query);
    const inTheService = await project.ask(service, 'GET', query);
    expect(inThePod).toMatchObject({ connected: true, received: '', ended: 'ECONNRESET' });
    expect(inTheService).toMatchObject({ connected: true, received: '', ended: 'ECONNRESET' });
  });
});

test('scenario 18: of two addresses the one that works is taken (happy eyeballs)', async () => {
  const seen = await fetched('go', 'http://two-addresses:8080/');
  expect(seen).toMatchObject({ app: 'target-peer', peer: { address: target.address } });
});

test.each(['go', 'python'])('scenario 23: 1000 connects in a burst, %s', async (service) => {
  for (const host of [peerService, 'peer']) {
    const query = `/burst?host=${host}&port=8080&count=1000`;
    const all = { connected: 1000, errors: {}, elapsedMs: expect.any(Number) };
    expect([host, await target.ask('GET', query)]).toEqual([host, all]);
    expect([host, await project.ask(service, 'GET', query)]).toEqual([host, all]);
  }
});

/** The same errno as in the pod, and as soon or as late. */
async function failsAsInThePod(service: string, query: string, errno: string): Promise<void> {
  const [inThePod, inTheService] = await Promise.all([
    target.ask('GET', `/connect?${query}`),
    project.ask(service, 'GET', `/connect?${query}`),
  ]);
  expect(inThePod).toMatchObject({ error: errno });
  expect(inTheService).toMatchObject({ error: errno });
  expect([query, haste(inTheService)]).toEqual([query, haste(inThePod)]);
}

function haste({ elapsedMs }: AppAnswer): string {
  return Number(elapsedMs) < 1_000 ? 'at once' : 'after some time';
}
