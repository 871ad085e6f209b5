import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composeApp } from './compose-app.ts';
import type { Pod } from './pod.ts';
import type { Project } from './project.ts';
import { World } from './world.ts';

// glibc's resolver, musl's and Go's own; each is compared with the same program in the pod.
const languages = ['python', 'c', 'go'] as const;
type Service = (typeof languages)[number];
/** What each says of a name that does not exist, and of one without such an address: Go does not tell them apart. */
const words = {
  python: { nxdomain: 'EAI_NONAME', nodata: 'EAI_NODATA' },
  c: { nxdomain: 'EAI_NONAME', nodata: 'EAI_NODATA' },
  go: { nxdomain: 'no such host', nodata: 'no such host' },
};
const sixAddress = 'fd00:6b64:6576::7';
let world: World;
let targets: Record<Service, Pod>;
let peerService: string;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  // A name of the cluster's DNS with an IPv6 address alone: nobody listens there.
  await world.apply(
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'six' },
      spec: { clusterIP: 'None', ports: [{ port: 80 }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'six', labels: { 'kubernetes.io/service-name': 'six' } },
      addressType: 'IPv6',
      ports: [{ port: 80 }],
      endpoints: [{ addresses: [sixAddress], conditions: { ready: true } }],
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'both' },
      spec: { ipFamilyPolicy: 'RequireDualStack', ports: [{ port: 80 }] },
    },
  );
  const deploy = (language: Service) => world.deploy({ name: `in-${language}`, language });
  const [python, c, go] = await Promise.all([deploy('python'), deploy('c'), deploy('go')]);
  targets = { python, c, go };
  peerService = await world.kubectl(
    ...['get', 'service', 'in-go', '-o', 'jsonpath={.spec.clusterIP}'],
  );
  project = await world.project({
    services: Object.fromEntries(
      languages.map((language) => [
        language,
        composeApp({ language, xKdev: { target: `deployment/in-${language}`, incoming: 'off' } }),
      ]),
    ),
  });
  await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());

/** Resolves in the pod and in the service, expects the same, and answers with it. */
async function resolved(service: Service, name: string, type: string) {
  const query = `/resolve?name=${name}&type=${type}`;
  const { elapsedMs: _, ...inThePod } = await targets[service].ask('GET', query);
  const { elapsedMs, ...inTheService } = await project.ask(service, 'GET', query);
  expect([name, type, inTheService]).toEqual([name, type, inThePod]);
  // No resolver had to ask twice: its pause is 5 s.
  expect(Number(elapsedMs)).toBeLessThan(2_500);
  return inTheService;
}

describe.each(languages)('%s', (service) => {
  test('scenario 20: A', async () => {
    const namespaced = `in-go.${world.namespace}`;
    for (const name of ['in-go', namespaced, `${namespaced}.svc.cluster.local`]) {
      expect(await resolved(service, name, 'A')).toEqual({ addresses: [peerService] });
    }
  });

  test('scenario 20: AAAA', async () => {
    expect(await resolved(service, 'six', 'AAAA')).toEqual({ addresses: [sixAddress] });
  });

  test('scenario 20: a name with addresses of both families, in the order that the pod finds', async () => {
    const { addresses } = await resolved(service, 'both', 'ANY');
    expect(addresses).toHaveLength(2);
  });

  test('scenario 20: NXDOMAIN', async () => {
    for (const name of ['nobody', 'nobody.has-this.example']) {
      expect(await resolved(service, name, 'A')).toEqual({ error: words[service].nxdomain });
      expect(await resolved(service, name, 'AAAA')).toEqual({ error: words[service].nxdomain });
    }
  });

  test('scenario 20: NODATA', async () => {
    expect(await resolved(service, 'in-go', 'AAAA')).toEqual({ error: words[service].nodata });
    expect(await resolved(service, 'six', 'A')).toEqual({ error: words[service].nodata });
  });

  test('scenario 20: a name of the compose project stays local', async () => {
    const other = languages.find((language) => language !== service);
    const { addresses, error } = await project.ask(service, 'GET', `/resolve?name=${other}&type=A`);
    expect(error).toBeUndefined();
    // An address of a Docker network, which no pod has.
    expect(String(addresses)).toMatch(/^(172|192)\./);
  });
});
