import { afterAll, beforeAll, expect, test } from 'vitest';
import { appImage } from '../fixtures/app-images.ts';
import { run } from '../run/shell.ts';
import { appManifests } from './app-manifests.ts';
import { composeApp } from './compose-app.ts';
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
let project: Project;

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
  [target] = await Promise.all([world.podOf('orders'), world.podOf('both')]);
  project = await world.project({
    services: {
      orders: composeApp({
        language: 'node',
        xKdev: {
          target: 'deployment/orders',
          container: 'app',
          incoming: 'off',
          outgoing: {
            local: ['nowhere.internal', 'tcp://*:8081'],
            remote: ['both'],
            podLoopback: 9901,
            unix: socket,
          },
        },
      }),
      both: composeApp({ language: 'go', environment: { NAME: 'near-both' } }),
      near: composeApp({ language: 'go', environment: { NAME: 'near', PORTS: '8080,8081' } }),
    },
  });
  await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());

async function appAt(url: string): Promise<unknown> {
  const { body, error } = await project.ask('orders', 'GET', `/fetch?url=${url}`);
  return error ?? JSON.parse(String(body)).app;
}

async function explained(what: string): Promise<string> {
  return (await project.kdev(['explain', 'orders', what])).output;
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
