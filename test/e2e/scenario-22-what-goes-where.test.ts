import { afterAll, beforeAll, expect, test } from 'vitest';
import { appImage } from '../fixtures/app-images.ts';
import { run } from '../run/shell.ts';
import { appManifests } from './app-manifests.ts';
import { composeApp } from './compose-app.ts';
import type { Ended } from './kdev-command.ts';
import type { Pod } from './pod.ts';
import type { Project } from './project.ts';
import { World } from './world.ts';

const socket = '/run/shared/x.sock';
/** A container beside the target, which listens where nobody but the pod comes: on loopback, and on a unix socket. */
const beside = `
const http = require('node:http');
const net = require('node:net');
http.createServer((_, answer) => answer.end(JSON.stringify({ app: 'beside' }))).listen(9901, '127.0.0.1');
net.createServer({ allowHalfOpen: true }, (one) => {
  const read = [];
  one.on('data', (chunk) => read.push(chunk));
  one.on('end', () => one.end('pod: ' + Buffer.concat(read)));
}).listen('${socket}');
`;
let world: World;
let target: Pod;
let other: Pod;
let podNetwork: string;
let project: Project;
let up: Ended;

beforeAll(async () => {
  world = await World.open();
  const [deployment, service] = appManifests({ name: 'orders', language: 'go' });
  const pod = deployment.spec?.template.spec;
  if (!pod) throw new Error('no pod');
  const shared = { name: 'shared', mountPath: '/run/shared' };
  const [app] = pod.containers;
  pod.containers = [
    { ...app, name: 'app', volumeMounts: [shared] },
    {
      name: 'beside',
      image: appImage('node'),
      command: ['node', '-e', beside],
      volumeMounts: [shared],
    },
  ];
  pod.volumes = [{ name: 'shared', emptyDir: {} }];
  await world.apply(deployment, service, ...appManifests({ name: 'both', language: 'go' }));
  [target, other] = await Promise.all([world.podOf('orders'), world.podOf('both')]);
  const low = target.address.replace(/\d+$/, '');
  podNetwork = `${low}0/24`;
  // Docker's network has the addresses of the cluster's pods; its containers have high ones.
  const ipam = { config: [{ subnet: podNetwork, ip_range: `${low}224/27`, gateway: `${low}254` }] };
  project = await world.project({
    networks: { default: { ipam } },
    services: {
      orders: composeApp({
        language: 'node',
        xKdev: {
          target: 'deployment/orders',
          container: 'app',
          incoming: 'off',
          outgoing: {
            local: ['nowhere.internal', '*.near.internal:8081'],
            remote: ['both', podNetwork],
            podLoopback: 9901,
            unix: socket,
          },
        },
      }),
      both: composeApp({ language: 'go', environment: { NAME: 'near-both' } }),
      near: composeApp({ language: 'go', environment: { NAME: 'near' } }),
      plain: composeApp({
        language: 'go',
        xKdev: { target: 'deployment/both', incoming: 'off' },
      }),
    },
  });
  up = await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());

async function appAt(url: string): Promise<unknown> {
  const { body, error } = await project.ask('orders', 'GET', `/fetch?url=${url}`);
  return error ?? JSON.parse(String(body)).app;
}

async function explained(what: string, service = 'orders'): Promise<string> {
  return (await project.kdev(['explain', service, what])).output;
}

test('scenario 21: a name in both worlds follows the filter; the project’s other names stay', async () => {
  expect(await appAt('http://both:8080/')).toBe('target-both');
  expect(await appAt('http://near:8080/')).toBe('near');
  expect(await explained('both:8080')).toMatch(
    /leaves from pod \S+ \(rule: outgoing.remote both, x-kdev in compose.yaml:\d+\)\. connect: ok/,
  );
  expect(await explained('near:8080')).toContain(
    'stays on this machine (rule: a name of the compose project)',
  );
});

test('scenario 22: explain names the filter, and what is local by name is asked here', async () => {
  const words = await explained('nowhere.internal');
  expect(words).toContain("Docker's resolver");
  expect(words).toMatch(/rule: outgoing.local nowhere.internal, x-kdev in compose.yaml:\d+/);
  expect(await explained('udp://10.96.0.10:5353')).toContain('rule: default');
});

test('scenario 22: a port of the pod’s loopback', async () => {
  expect(await appAt('http://127.0.0.1:9901/')).toBe('beside');
  expect(await appAt('http://127.0.0.1:9902/')).toBe('ECONNREFUSED');
  expect(await explained('127.0.0.1:9901')).toContain(`leaves from pod ${target.name}`);
});

test('scenario 26: a unix socket of the pod at its path, for a user that is not root', async () => {
  const script = `
    const one = require('node:net').connect({ path: '${socket}', allowHalfOpen: true });
    one.end('hello');
    one.pipe(process.stdout);`;
  const id = await project.container('orders');
  const said = await run('docker', ['exec', '--user', '1000', id, 'node', '-e', script]);
  expect(said).toBe('pod: hello');
});

test('scenario 25: a network of Docker’s with the cluster’s addresses is told, with what to set', () => {
  const told = up.output.replace(/\s+/g, ' ');
  const advice = `outgoing: {remote: [${podNetwork}]} gives it to the pod`;
  // Of the service that has the filter already nothing is said.
  expect(told.split(advice)).toHaveLength(2);
  expect(told).toMatch(/plain\s+the Docker network/);
});

test('scenario 25: with the filter the pods are reached, and so are the services of the project', async () => {
  expect(await appAt(`http://${other.address}:8080/`)).toBe('target-both');
  expect(await appAt('http://near:8080/')).toBe('near');
  expect(await explained(`${other.address}:8080`)).toContain(`outgoing.remote ${podNetwork}`);
  const words = await explained(`${other.address}:8080`, 'plain');
  expect(words).toContain(`stays on this machine (rule: ${podNetwork} is reached directly)`);
  const { body } = await project.ask('near', 'GET', '/fetch?url=http://orders:8080/');
  expect(JSON.parse(String(body)).app).toBe('service');
});
