import { loadImages } from '../cluster/load-images.ts';
import { buildDatagramsImage, datagramsImage } from '../fixtures/app-images.ts';
import { run } from '../run/shell.ts';
import type { Project } from './project.ts';
import type { World } from './world.ts';

export const udpPorts = [5353, 5354, 5355] as const;
export const quicPort = 4433;

/** What a command of the UDP test app printed. */
export type DatagramAnswer = Readonly<Record<string, unknown>>;

export async function loadDatagramsImage(world: World): Promise<void> {
  await buildDatagramsImage();
  await loadImages(world.ground.cluster, [datagramsImage]);
}

/** A deployment of the UDP test app, and a Service of the same name. */
export async function deployDatagrams(world: World, name: string): Promise<string> {
  const labels = { app: name };
  const ports = [...udpPorts, quicPort];
  const env = [
    { name: 'NAME', value: `target-${name}` },
    { name: 'UDP_PORTS', value: udpPorts.join(',') },
    { name: 'QUIC_PORT', value: String(quicPort) },
  ];
  const container = {
    name: 'app',
    image: datagramsImage,
    args: ['serve'],
    env,
    ports: ports.map((containerPort) => ({ containerPort, protocol: 'UDP' })),
  };
  const template = {
    metadata: { labels },
    spec: { terminationGracePeriodSeconds: 0, containers: [container] },
  };
  await world.apply(
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: { selector: { matchLabels: labels }, template },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: {
        selector: labels,
        ports: ports.map((port) => ({ name: `p${port}`, port, protocol: 'UDP' })),
      },
    },
  );
  await world.kubectl('rollout', 'status', `deployment/${name}`, '--timeout=60s');
  return await world.kubectl(
    ...['get', 'pods', '-l', `app=${name}`],
    ...['-o', 'jsonpath={.items[0].status.podIP}'],
  );
}

/** Runs a command of the app in the container of a service. */
export async function inService(
  project: Project,
  service: string,
  ...words: string[]
): Promise<DatagramAnswer> {
  const container = await project.container(service);
  return JSON.parse(await run('docker', ['exec', container, '/app', ...words]));
}

/** Runs a command of the app in the pod of a deployment. */
export async function inPod(
  world: World,
  deployment: string,
  ...words: string[]
): Promise<DatagramAnswer> {
  return JSON.parse(
    await world.kubectl('exec', `deployment/${deployment}`, '--', '/app', ...words),
  );
}
